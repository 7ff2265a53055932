//! Places where no build may run, and disks that are full.

use super::{sandbox::Shape, *};

/// The proof alone: there is nothing in this text that deletes anything.
const PROOF: &str = concat!(
    include_str!("../far/1-entry.sh"),
    "\n",
    include_str!("../far/2-proof.sh"),
    "\nprove\necho proven",
);

/// What the proof says in a sandbox where `before` was done.
fn proof(before: &'static str, first: Option<&'static str>) -> Option<String> {
    let sandbox = Sandbox::shaped(&Shape { before, first, ..Shape::default() })?;
    Some(
        sandbox.ask_with(
            PROOF,
            &["kaniko-build-far", "/busybox/busybox", "1", "1", "web", "me", "build"],
        ),
    )
}

#[test]
fn a_container_with_an_executor_is_proven() {
    let Some(said) = proof("", None) else { return };
    assert_eq!(said, "proven\n");
}

#[test]
fn a_container_without_an_executor_is_refused() {
    for before in [
        "rm kaniko/executor",
        "chmod 644 kaniko/executor",
        "mv kaniko/executor x; ln -s /x kaniko/executor",
        "mv kaniko x; ln -s x kaniko",
    ] {
        let Some(said) = proof(before, None) else { return };
        assert_eq!(
            said, "kaniko-build refused executor there is no program /kaniko/executor\n",
            "{before}"
        );
    }
    let Some(said) = proof("printf '#!/busybox/sh\\n' >kaniko/executor", None) else { return };
    assert_eq!(said, "kaniko-build refused executor its /kaniko/executor is not Kaniko's\n");
}

#[test]
fn what_stands_for_a_whole_machine_is_refused() {
    let cases = [
        ("mkdir -p run/systemd/system", "systemd runs there"),
        ("mkdir boot; : >boot/vmlinuz-6.1", "it has /boot/vmlinuz-6.1"),
        (
            "printf '# none\\nUUID=1 / ext4 defaults 0 1\\n' >etc/fstab",
            "its /etc/fstab has entries",
        ),
        ("mkdir -p home/ann/.ssh", "somebody lives there: it has /home/ann/.ssh"),
    ];
    for (before, why) in cases {
        let Some(said) = proof(before, None) else { return };
        assert_eq!(said, format!("kaniko-build refused machine {why}\n"));
    }
    let Some(said) = proof("printf '# UNCONFIGURED FSTAB\\n' >etc/fstab", None) else { return };
    assert_eq!(said, "proven\n");
}

#[test]
fn a_machines_first_process_is_refused() {
    // Its name is that of its program.
    let first = "printf \"#!/busybox/sh\\n/busybox/sleep 1000\\n\" >/dev/init; /busybox/chmod 755 /dev/init; exec /dev/init";
    let Some(said) = proof("", Some(first)) else { return };
    assert_eq!(said, "kaniko-build refused machine its process 1 is init\n");
}

/// Enters a plain directory instead of the overlay.
const PLAIN: &str = "mkdir ../plain; mount --bind ../plain ../plain; \
    cp -a busybox bin etc kaniko workspace ../plain/; \
    mkdir ../plain/proc ../plain/dev ../plain/.old; mount -t proc proc ../plain/proc; \
    mount --rbind dev ../plain/dev; cd ../plain";

#[test]
fn a_root_that_no_engine_made_is_refused() {
    let Some(said) = proof(PLAIN, None) else { return };
    assert_eq!(
        said,
        "kaniko-build refused container / is a tmpfs and no container engine has left its mark\n"
    );
    let marked: String = format!("{PLAIN}; : >.dockerenv");
    let Some(said) = proof(marked.leak(), None) else { return };
    assert_eq!(said, "proven\n");
}

#[test]
fn the_processes_of_a_machine_are_refused() {
    let initial = std::fs::read_link("/proc/self/ns/pid").unwrap();
    if initial.to_str() != Some("pid:[4026531836]") {
        return;
    }
    let shape = Shape {
        machines_processes: true,
        first: Some("exec /busybox/sleep 1000"),
        ..Shape::default()
    };
    let Some(sandbox) = Sandbox::shaped(&shape) else { return };
    assert_eq!(
        sandbox.ask_with(
            PROOF,
            &["kaniko-build-far", "/busybox/busybox", "1", "1", "web", "me", "build"]
        ),
        "kaniko-build refused container it shares the process namespace of its machine\n"
    );
}

/// The whole command, on this machine itself: it ends before anything of ours is there.
#[tokio::test]
async fn a_shell_on_this_machine_is_refused() {
    if Path::new("/kaniko").exists() {
        return;
    }
    let command = process::Command::new("sh").argument("-c");
    let went = go(command, &job(), of_bytes(Vec::new())).await;
    let error = went.error();
    assert!(error.starts_with("Refused {"), "{error}");
    assert!(!Path::new("/kaniko").exists());
}

#[tokio::test]
async fn a_full_disk_is_told_in_the_far_sides_words() {
    let shape = Shape { room: Some(40 << 20), ..Shape::default() };
    let Some(sandbox) = Sandbox::shaped(&shape) else { return };
    let before = sandbox.listing();
    let job = real_job("FROM a\nCOPY . /app\n", None);
    let went = go(sandbox.command(), &job, bundle(&[], 60 << 20)).await;
    let error = went.error();
    assert!(error.contains("No space left on device"), "{error}");
    assert!(error.starts_with("Feed { what: \"it cannot be written there: "), "{error}");
    assert_eq!(sandbox.listing(), before);
    let went = go(sandbox.command(), &job, bundle(&[("hello", "hi")], 99)).await;
    assert_eq!(went.ran().exit_code, 0);
}

#[tokio::test]
async fn a_disk_without_room_for_the_state_is_told_before_anything_is_sent() {
    let shape = Shape { room: Some(14 << 20), ..Shape::default() };
    let Some(sandbox) = Sandbox::shaped(&shape) else { return };
    let before = sandbox.listing();
    sandbox.ask("dd if=/dev/zero of=/workspace/ballast bs=1M count=8 2>/dev/null");
    let went = go(sandbox.command(), &job(), of_bytes(Vec::new())).await;
    let error = went.error();
    assert!(error.starts_with("Feed { what: \"a copy of / takes "), "{error}");
    sandbox.ask("rm /workspace/ballast");
    assert_eq!(sandbox.listing(), before);
}
