//! Builds that go well, and builds that fail.

use super::*;
use sandbox::Sandbox;

#[tokio::test]
async fn a_build_runs_and_leaves_everything_as_it_was() {
    let Some(sandbox) = Sandbox::new() else { return };
    let (before, processes) = (sandbox.listing(), sandbox.processes());

    let dockerfile = "FROM a\nCOPY hello /app\nRUN echo from-run\nRUN echo x >/made-by-run\n";
    let went =
        go(sandbox.command(), &real_job(dockerfile, None), bundle(&[("hello", "hi")], 99)).await;

    let ran = went.ran();
    assert_eq!(ran.exit_code, 0, "{}", went.log());
    assert!(ran.digest.as_ref().unwrap().starts_with("sha256:"));
    assert_eq!(ran.version, "v0.0.0-stand-in");
    assert!(went.log().contains("from-run\n"), "{}", went.log());
    assert_eq!(sandbox.listing(), before);
    assert_eq!(sandbox.processes(), processes);
}
