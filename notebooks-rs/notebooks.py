"""Makes a Jupyter notebook for the evcxr kernel of each chapter, and runs them.

    python3 notebooks-rs/notebooks.py                        # all chapters, into notebooks-rs/built
    python3 notebooks-rs/notebooks.py mixtures --execute     # one, run from top to bottom

A chapter is a program in percent format: cells begin with `// %%`, text with `// %% [markdown]`. A notebook has no `main`:
what is in it moves to the left, and the crates that a program has from Cargo are asked for in a first cell of their own.
"""

import argparse
import importlib.util
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MAIN = "fn main() -> Result<(), Box<dyn Error>> {"
END = "    Ok(())\n}\n"


def chapters():
    """The programs that say that they are chapters, in the order of the road."""
    first_lines = {path.stem: path.open().readline() for path in HERE.glob("*.rs")}
    numbers = {name: re.match(r"//! Chapter (\d+):", line) for name, line in first_lines.items()}
    return sorted((name for name, number in numbers.items() if number), key=lambda name: int(numbers[name][1]))


def crates():
    """Folder of each of our crates, and the version of each other one that a chapter may use."""
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps", "--manifest-path", str(HERE / "Cargo.toml")]
    packages = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["packages"]
    ours = {package["name"]: pathlib.Path(package["manifest_path"]).parent for package in packages}
    (notebooks,) = [package for package in packages if package["name"] == "notebooks"]
    others = {dependency["name"]: dependency["req"] for dependency in notebooks["dependencies"] if not dependency.get("path")}
    return ours, others


def dependencies(source):
    """The cell that asks for the crates of a chapter. Without BLAS: nothing but Rust has to be compiled."""
    ours, others = crates()
    lines = []
    for name in sorted(set(re.findall(r"^\s*use (\w+)", source, re.MULTILINE)) - {"std"}):
        if name in ours:
            lines.append(f':dep {name} = {{ path = "{ours[name]}", default-features = false }}')
        elif name in others:
            lines.append(f':dep {name} = "{others[name]}"')
    return "\n".join(lines)


def percent(source):
    """The chapter as a notebook wants it: no `main`, and the crates first."""
    before, inside = source.split(MAIN, 1)
    if not inside.endswith(END):
        sys.exit(f"main has to be the last of a chapter, and to end with {END!r}")
    inside = re.sub(r"^ {4}", "", inside.removesuffix(END), flags=re.MULTILINE)
    before = re.sub(r"^//!.*\n", "", before, flags=re.MULTILINE).rstrip().removesuffix("// %%").rstrip()
    cells = re.split(r"^(?=// %%)", before.lstrip(), flags=re.MULTILINE)
    # The first cell is the title; then the crates, before the first line of code.
    title, code = "".join(cells[:2]), "".join(cells[2:])
    return f"{title}// %%\n{dependencies(source)}\n\n{code}\n\n{inside.lstrip()}"


def build(name, folder):
    """Writes the notebook of a chapter."""
    import jupytext

    notebook = jupytext.reads(percent((HERE / f"{name}.rs").read_text()), fmt="rs:percent")
    notebook.metadata["kernelspec"] = {"name": "rust", "display_name": "Rust", "language": "rust"}
    notebook.metadata.pop("jupytext", None)
    path = folder / f"{name}.ipynb"
    jupytext.write(notebook, path)
    return path


def execute(path):
    """Runs a notebook from top to bottom, and keeps what its cells said. The first error ends it, and is returned."""
    import nbformat
    from jupyter_client.kernelspec import NoSuchKernel
    from nbconvert.preprocessors import CellExecutionError, ExecutePreprocessor

    notebook = nbformat.read(path, as_version=4)
    try:
        ExecutePreprocessor(timeout=1800, kernel_name="rust").preprocess(notebook, {"metadata": {"path": str(path.parent)}})
    except NoSuchKernel:
        sys.exit("the evcxr kernel is not installed: notebooks-rs/execute.sh brings its own")
    except CellExecutionError as error:
        return f"{path.name}: {error}"
    finally:
        nbformat.write(notebook, path)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = sum("image/svg+xml" in output.get("data", {}) for output in outputs)
    print(f"{path.name}: {len(notebook.cells)} cells, {pictures} pictures, no error", flush=True)
    return None


def main():
    known = chapters()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help=f"all without one: {', '.join(known)}")
    parser.add_argument("--execute", action="store_true", help="run them, which needs the evcxr kernel")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "built", help="folder (notebooks-rs/built)")
    asked = parser.parse_args()
    if unknown := set(asked.chapters) - set(known):
        parser.error(f"no chapter is called {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if missing := [name for name in ("jupytext", "nbconvert") if importlib.util.find_spec(name) is None]:
        sys.exit(f"there is no {' and no '.join(missing)}: pip install -r {HERE / 'requirements.txt'}, or notebooks-rs/execute.sh")
    asked.out.mkdir(parents=True, exist_ok=True)
    paths = [build(name, asked.out) for name in asked.chapters or known]
    if not asked.execute:
        return print(*paths, sep="\n")
    if errors := [error for path in paths if (error := execute(path))]:
        sys.exit("\n".join(errors))


if __name__ == "__main__":
    main()
