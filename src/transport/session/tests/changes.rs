//! Words of the far side that become others on their way.

use super::{
    cuts::{APP, hello},
    *,
};

/// The first line that the far side says behind `word` becomes another on its way.
fn changed(sandbox: &Sandbox, from: &str, to: &str) -> process::Command {
    let command = sandbox.behind_script("cat");
    let change = format!("({command}) | sed -u '0,/^{from} /s/^{from} /{to} /'");
    process::Command::new("sh").arguments(["-c".to_owned(), change])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_once_the_far_side_was_told_to_run_leaves_open_whether_it_did() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let changes = [
        ("received", "recieved", "while the context was on its way"),
        ("started", "startet", "while the executor ran"),
        ("exit 0", "exit 1", "while the executor ran"),
    ];
    for (from, to, doing) in changes {
        let went = go(changed(&sandbox, from, to), &real_job(APP, None), hello()).await;
        let error = went.error();
        let begins = format!("Lost {{ what: \"the connection broke off {doing}: it brought `{to} ");
        assert!(error.starts_with(&begins), "{error}");
        assert!(error.ends_with("started: true }"), "{error}");
        settled(&sandbox).await;
    }
    assert_eq!(sandbox.listing(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_changes_before_the_far_side_was_told_to_run_is_no_build() {
    let Some(sandbox) = Sandbox::new() else { return };
    for (from, to) in [("flags", "flaws"), ("greeted", "treated")] {
        let went = go(changed(&sandbox, from, to), &real_job(APP, None), hello()).await;
        let begins = format!("Unreachable {{ what: \"`sh` brought `{to} ");
        assert!(went.error().starts_with(&begins), "{}", went.error());
    }
    let went = go(changed(&sandbox, "ready", "steady"), &real_job(APP, None), hello()).await;
    assert!(
        matches!(went.result, Err(TransportError::Lost { started: false, .. })),
        "{}",
        went.error()
    );
    settled(&sandbox).await;
}
