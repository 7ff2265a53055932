//! Answers that come before an upload has been sent, and connections that are used again.

use std::fmt::Write as _;

use tokio::time::timeout;

use super::{
    fake::{Fake, Reply},
    pushing::{push, taking_early},
    *,
};

/// More than the two ends of a connection hold of what nobody reads.
const LARGE: usize = 24 << 20;

/// Longer than any push here takes, and shorter than what they would wait for in vain.
const LIMIT: Duration = Duration::from_secs(30);

/// An image with a layer that is large.
fn large() -> (Image, String) {
    let text = (0..LARGE / 8).fold(String::with_capacity(LARGE), |mut text, number| {
        writeln!(text, "{number:07}").unwrap();
        text
    });
    (image(&[&text]), text)
}

fn is_large(asked: &fake::Asked) -> bool {
    asked.header("content-length").is_some_and(|length| length == LARGE.to_string())
}

#[tokio::test]
async fn an_upload_that_is_sent_on_before_its_end_arrives_whole() {
    let (image, text) = large();
    let store = Fake::new(|_| Reply::new(201));
    let elsewhere = format!("http://{}/store", store.host);
    let fake = taking_early(
        move |asked| {
            let sent_on = asked.is("PUT /upload") && is_large(asked);
            sent_on.then(|| Reply::new(307).header("Location", elsewhere.clone()))
        },
        |_| None,
    );
    timeout(LIMIT, push(&fake, &image)).await.expect("it should end").unwrap();

    let stored = store.asked_for("PUT /store");
    assert!(stored.len() == 1 && stored[0].body == text.as_bytes());
}

#[tokio::test]
async fn who_answers_before_the_end_and_reads_no_more_is_asked_again() {
    let (image, text) = large();
    let fake = taking_early(
        |asked| {
            let first = asked.before == 0 && asked.is("PUT /upload") && is_large(asked);
            first.then(|| Reply::new(500).stuck())
        },
        |_| None,
    );
    timeout(LIMIT, push(&fake, &image)).await.expect("it should end").unwrap();

    let uploads = fake.asked_for("PUT /upload");
    assert_eq!(uploads.iter().filter(|asked| asked.body == text.as_bytes()).count(), 1);
}

#[tokio::test]
async fn a_push_of_what_is_there_goes_over_one_connection() {
    let image = image(&["one"]);
    let fake = taking_early(|_| None, |asked| asked.is("HEAD ").then(|| Reply::ok("")));
    push(&fake, &image).await.unwrap();

    // The first tries TLS, which is not spoken here.
    assert_eq!(fake.connections(), 2);
}
