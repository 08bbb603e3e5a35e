#!/usr/bin/env python3
"""Opens the page of `elbow explore` in a headless Chromium and uses it as a reader does.

    python3 tests/browser/explore.py [--elbow target/release/elbow] [--shots DIR]

Writes the page, moves every slider by keys, and compares the numbers that are shown with those of `elbow terms` for a
problem file of the same setting. Looks at it at the size of a phone and of a projector, in light and dark: nothing
sticks out at the side, no text of a figure is cut off, no error in the console. Python's standard library only; says
`skipped` and ends with 0 where chromium or chromedriver is missing.
"""

import argparse
import base64
import json
import math
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]

KEYS = {"left": "\ue012", "right": "\ue014", "home": "\ue011", "end": "\ue010"}

PHONE, PROJECTOR = (360, 740), (1920, 1080)


class Browser:
    """A headless Chromium, spoken to by WebDriver."""

    def __init__(self, driver, chromium, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = None
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   f"--user-data-dir={folder}"]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"binary": chromium, "args": options},
                  "goog:loggingPrefs": {"browser": "ALL"}}
        for attempt in range(100):
            try:
                answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
                self.session = answer["sessionId"]
                return
            except (urllib.error.URLError, ConnectionError) as error:
                if isinstance(error, urllib.error.HTTPError) or attempt == 99:
                    self.close()
                    raise
                time.sleep(0.1)

    def ask(self, method, path, body=None):
        if self.session:
            path = f"/session/{self.session}{path}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            said = json.load(error).get("value", {}).get("message", "")
            raise AssertionError(f"{method} {path}: {said.splitlines()[:1]}") from error

    def close(self):
        if self.session:
            self.ask("DELETE", "")
        self.driver.terminate()
        self.driver.wait()

    def open(self, address):
        # A change of the part after # alone would not load the page anew.
        self.ask("POST", "/url", {"url": "about:blank"})
        self.ask("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, name, key):
        found = self.ask("POST", "/element", {"using": "css selector", "value": f"#{name}"})
        handle = next(iter(found.values()))
        self.ask("POST", f"/element/{handle}/value", {"text": KEYS[key]})

    def resize(self, size, dark=False):
        width, height = size
        self.devtools("Emulation.setDeviceMetricsOverride",
                      {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.run("dispatchEvent(new Event('resize'))")

    def devtools(self, command, parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, path, whole=False):
        shot = self.devtools("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole})
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self):
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]


class Page:
    """The page in a browser."""

    def __init__(self, browser, file):
        self.browser, self.file = browser, file

    def open(self, **setting):
        self.browser.open(f"{self.file.as_uri()}#{urllib.parse.urlencode(setting)}")

    def number(self, name):
        """What a cell shows, having made sure that the text is the number to six decimals."""
        text, value = self.browser.run(
            "const e = document.getElementById(arguments[0]); return [e.textContent, e.dataset.value ?? null];", name)
        if value is None:
            assert text == "–", f"{name} shows {text!r} and has no number"
            return None
        value = float(value)
        # The text is of the value rounded to even by one and away from zero by the other: half a unit, and a hair.
        assert abs(float(text.replace("−", "-")) - value) <= 0.5001e-6, f"{name} shows {text} for {value!r}"
        return value

    def shown(self, name):
        return self.browser.run("return document.getElementById(arguments[0]).textContent;", f"{name}-shown")

    def table(self):
        return json.loads(self.browser.run("return document.getElementById('numbers').textContent;"))


def say(what):
    print(f"ok: {what}")


def close(found, expected, what, tolerance=1e-8):
    assert found is not None and math.isclose(found, expected, rel_tol=tolerance, abs_tol=tolerance), \
        f"{what}: the page has {found!r}, elbow terms has {expected!r}"


# ---- the same setting as a problem file --------------------------------------------------------------------------------

def alphas_of(schedule, steps):
    """The schedules in a second hand, from their definitions."""
    if schedule == "cosine":
        bar = lambda t: math.cos((t / steps + 0.008) / 1.008 * math.pi / 2) ** 2
        return [max(bar(t) / bar(t - 1), 0.001) for t in range(1, steps + 1)]
    if schedule == "constant":
        return [0.01 ** (1 / steps)] * steps
    levels = [7 + (math.log(0.01 / 0.99) - 7) * t / steps for t in range(1, steps + 1)]
    bars = [1.0] + [1 / (1 + math.exp(-level)) for level in levels]
    return [after / before for before, after in zip(bars, bars[1:])]


def reverse_of(reverse, alphas):
    if reverse == "best-denoiser":
        return '"bayes"'
    if reverse == "linear-step":
        # Regression on data of variance 2.34, along the chain.
        variances, scales, left = [2.34], [], []
        for alpha in alphas:
            before = variances[-1]
            after = alpha * before + 1 - alpha
            scales.append(math.sqrt(alpha) * before / after)
            left.append((1 - alpha) * before / after)
            variances.append(after)
    else:
        mean, variance = {"shrunk": (0.9, 1.2), "for-N-0-1-data": (1.0, 1.0)}[reverse]
        scales = [mean * math.sqrt(alpha) for alpha in alphas]
        left = [variance * (1 - alpha) for alpha in alphas]
    return f"{{ scale = {scales!r}, variance = {left!r} }}"


def terms(elbow, schedule, reverse, steps, folder):
    alphas = alphas_of(schedule, steps)
    problem = folder / "problem.toml"
    problem.write_text(
        f'[data]\npreset = "bimodal"\n[vdm]\nalphas = {alphas!r}\nreverse = {reverse_of(reverse, alphas)}\n')
    done = subprocess.run([elbow, "terms", problem, "--json", "--samples", "100"],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def equals_terms(page, elbow, schedule, reverse, steps, t, folder):
    found = terms(elbow, schedule, reverse, steps, folder)
    for form in ("denoising", "consistency", "consistency_as_printed"):
        expected = found["forms"].get(form)
        for name in ("reconstruction", "prior_matching", "elbo"):
            shown = page.number(f"{form}-{name}")
            if expected is None:
                assert shown is None, f"{form} {name} should be a dash"
            else:
                close(shown, expected[name], f"{schedule}, {reverse}, T = {steps}: {form} {name}")
        if expected is None:
            continue
        matching = expected["denoising_matching" if form == "denoising" else "consistency"]
        close(page.number(f"{form}-matching_sum"), sum(matching), f"{form}, the sum of the matching terms")
        first = 2 if form == "denoising" else 1
        here = page.number(f"{form}-here")
        if 0 <= t - first < len(matching):
            close(here, matching[t - first], f"{form}, matching term {t}")
        else:
            assert here is None, f"{form} has no matching term {t}"
    close(page.number("elbo"), found["elbo"], "ELBO")
    if found["log_evidence"] is not None:
        close(page.number("log_evidence"), found["log_evidence"], "E log p(x_0)")
        close(page.number("gap"), found["gap"], "gap")


# ---- what is checked ---------------------------------------------------------------------------------------------------

def numbers_are_the_librarys(page, elbow, folder):
    for schedule, reverse, steps, t in [
            ("cosine", "linear-step", 10, 4), ("constant", "shrunk", 5, 5), ("even-log-SNR", "for-N-0-1-data", 20, 7),
            ("even-log-SNR", "best-denoiser", 10, 2), ("constant", "best-denoiser", 1, 1), ("cosine", "shrunk", 1, 1)]:
        named = {"constant": "constant-β", "linear": "linear-β"}.get(schedule, schedule)
        page.open(T=steps, schedule=word(named), reverse=reverse, t=t)
        assert page.shown("steps") == str(steps) and page.shown("step") == f"{t} of {steps}", "the address is not followed"
        equals_terms(page, elbow, schedule, reverse, steps, t, folder)
    say("six settings opened by their address show the numbers of elbow terms")


def word(name):
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name).strip("-")


def sliders_move_the_numbers(page, elbow, folder):
    browser = page.browser
    page.open(T=5, schedule="constant", reverse="shrunk", t=2, x_t="0.5")
    watched = ["denoising-elbo", "denoising-here", "alpha_bar", "cost"]
    read = lambda: [page.number(name) for name in watched]
    before = read()
    for slider, key, shows, changes in [
            ("steps", "right", "10", watched), ("step", "right", "5 of 10", watched[1:]),
            ("schedule", "home", "even log-SNR", watched), ("reverse", "left", "for N(0, 1) data", watched[:2] + watched[3:]),
            ("place", "right", "0.75", ["cost"])]:
        browser.press(slider, key)
        assert page.shown(slider) == shows, f"{slider}: {page.shown(slider)!r} after the key, expected {shows!r}"
        after = read()
        changed = [name for name, a, b in zip(watched, before, after) if a != b]
        assert changed == list(changes), f"{slider} changed {changed}, expected {changes}"
        before = after
    equals_terms(page, elbow, "even-log-SNR", "for-N-0-1-data", 10, 5, folder)
    address = browser.run("return location.hash;")
    assert address == "#T=10&schedule=even-log-SNR&reverse=for-N-0-1-data&x_t=0.75&t=5", address
    say("each slider follows a key, changes its numbers and no others, and the address keeps the setting")
    browser.press("steps", "home")
    assert page.shown("step") == "1 of 1" and page.number("denoising-matching_sum") == 0
    said = browser.run("return document.getElementById('bound-says').textContent;")
    assert "VAE" in said, f"T = 1 is not said to be the VAE: {said}"
    browser.press("steps", "end")
    assert page.shown("steps") == "100"
    say("T goes to both of its ends; at T = 1 no matching term is left")


def page_tells_its_settings(page):
    named = page.browser.run(
        "return [...document.querySelectorAll('input[type=range]')].map(e => [document.querySelector(`label[for=${e.id}]`)?.textContent,"
        " e.getAttribute('aria-valuetext'), document.querySelector(`output[for=${e.id}]`)?.textContent]);")
    assert len(named) == 5 and all(label and value and shown for label, value, shown in named), named
    say("every slider has a label, a value in words and an output")


def every_setting_draws(page):
    """Every setting at two sizes, in the browser: nothing throws, nothing is not a number, no word is cut off."""
    script = """
    const faults = [];
    const places = {}, before = { ...chosen };
    const setting = () => JSON.stringify(chosen);
    for (chosen.schedule = 0; chosen.schedule < table.schedules.length; chosen.schedule++)
    for (chosen.reverse = 0; chosen.reverse < table.reverses.length; chosen.reverse++)
    for (chosen.steps = 0; chosen.steps < table.steps.length; chosen.steps++)
    for (const part of [0, 0.3, 0.7, 1]) {
      chosen.step = Math.max(1, Math.round(part * lastStep()));
      chosen.place = Math.round(part * (table.x_t.length - 1));
      show();
      const drawn = document.querySelector("main").innerHTML;
      if (/NaN|undefined|Infinity|null/.test(drawn)) faults.push("not a number at " + setting());
      for (const svg of document.querySelectorAll("main svg")) {
        const box = svg.getBoundingClientRect();
        places[svg.id] ??= Math.round(box.top + scrollY);
        if (Math.abs(places[svg.id] - box.top - scrollY) > 1) faults.push(`${svg.id} jumps at ${setting()}`);
        for (const words of svg.querySelectorAll("text")) {
          const at = words.getBoundingClientRect();
          if (at.left < box.left - 2 || at.right > box.right + 2 || at.top < box.top - 2 || at.bottom > box.bottom + 2)
            faults.push(`${svg.id}: "${words.textContent}" is cut off at ${setting()}`);
        }
      }
      for (const inner of document.querySelectorAll("table")) {
        if (inner.scrollWidth > inner.parentElement.clientWidth) faults.push(`${inner.id} is too wide at ${setting()}`);
      }
      if (document.documentElement.scrollWidth > innerWidth) faults.push("sticks out at " + setting());
      if (faults.length > 8) return faults;
    }
    Object.assign(chosen, before);
    show();
    return faults;
    """
    for size in (PHONE, PROJECTOR):
        page.browser.resize(size)
        page.open()
        page.browser.resize(size)
        faults = page.browser.run(script)
        assert not faults, f"at {size}: " + "; ".join(faults)
    say(f"{page.file.stem}: 640 settings are drawn at both sizes, no hole, no word cut off, nothing jumps or sticks out")


def fits(page, shots):
    browser = page.browser
    for name, size, dark in [("phone", PHONE, False), ("phone_dark", PHONE, True),
                             ("projector", PROJECTOR, False), ("projector_dark", PROJECTOR, True)]:
        browser.resize(size, dark)
        page.open(T=10, schedule="even-log-SNR", reverse="linear-step", t=4, x_t="0.5")
        browser.resize(size, dark)
        width, inside, letter, high = browser.run(
            "return [document.documentElement.scrollWidth, innerWidth, parseFloat(getComputedStyle(document.body).fontSize),"
            " document.documentElement.scrollHeight];")
        assert width <= inside == size[0], f"{name}: {width} pixels wide in a window of {inside}"
        assert letter >= (15 if size == PHONE else 18), f"{name}: letters of {letter} pixels"
        columns = browser.run("return new Set([...document.querySelectorAll('main section')].map(e => e.getBoundingClientRect().left)).size;")
        assert (columns == 1) == (size == PHONE), f"{name}: {columns} columns"
        assert size == PHONE or high <= size[1], f"{name}: {high} pixels high, more than the screen"
        background = browser.run("return getComputedStyle(document.documentElement).backgroundColor;")
        light = sum(map(int, background[4:-1].split(","))) > 380
        assert light != dark, f"{name}: background {background}"
        if shots:
            browser.picture(shots / f"{name}.png")
            if size == PHONE:
                browser.picture(shots / f"{name}_whole.png", whole=True)
    say("no scrolling to the side at 360 pixels, one screen at 1920 x 1080, light and dark")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--elbow", type=pathlib.Path, help="the program (default: the newest that is built)")
    arguments.add_argument("--shots", type=pathlib.Path, help="a folder for screenshots")
    asked = arguments.parse_args()
    driver = shutil.which("chromedriver")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not (driver and chromium):
        print("skipped: chromium or chromedriver is not installed")
        return 0
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [target / profile / "elbow" for profile in ("release", "debug")]
    built = sorted((path for path in built if path.exists()), key=lambda path: path.stat().st_mtime)
    elbow = asked.elbow or (built[-1] if built else None)
    if not elbow:
        print("skipped: no elbow is built; cargo build --release --bin elbow")
        return 0
    elbow = elbow.resolve()
    if asked.shots:
        asked.shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = {data: folder / f"{data}.html" for data in ("bimodal", "trimodal")}
        for data, file in files.items():
            subprocess.run([elbow, "explore", "--data", data, "--out", file], check=True, stdout=subprocess.DEVNULL)
        browser = Browser(driver, chromium, folder / "profile")
        try:
            page = Page(browser, files["bimodal"])
            browser.resize(PROJECTOR)
            numbers_are_the_librarys(page, elbow, folder)
            sliders_move_the_numbers(page, elbow, folder)
            page_tells_its_settings(page)
            for file in files.values():
                every_setting_draws(Page(browser, file))
            fits(page, asked.shots)
            complaints = browser.complaints()
            assert not complaints, "the console says: " + "; ".join(complaints[:3])
            say("the console is silent")
        except AssertionError as fault:
            print(f"FAILED: {fault}")
            return 1
        finally:
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
