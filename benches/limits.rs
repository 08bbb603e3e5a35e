//! What the chip can do, all cores at work: `cargo bench --bench limits`.

use benches::Limits;
// The programs at the top choose the BLAS.
use linalg as _;

fn main() {
    let Limits { normals, exps, flops, bytes } = Limits::measure();
    println!(
        "{} threads, {:?}, {}",
        rayon::current_num_threads(),
        kernels::InstructionSet::widest(),
        linalg::backend()
    );
    for (rate, unit) in [
        (normals / 1e9, "10⁹ standard normal numbers a second"),
        (exps / 1e9, "10⁹ exponentials a second"),
        (flops / 1e9, "GFLOP/s in a product of matrices"),
        (bytes / 1e9, "GB/s read and written by a copy"),
    ] {
        println!("{rate:8.2}  {unit}");
    }
}
