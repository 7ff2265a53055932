//! What is written upon a base image.

use super::Sandbox;

const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","config":{}}"#;

fn sandbox() -> Sandbox {
    Sandbox::new().file("f", "F").file("d/e/g", "G").image(
        "library/base",
        CONFIG,
        &[
            &[
                "700:1:2 home/",
                "755:0:0 usr/",
                "755:0:0 usr/bin/",
                "usr/bin/sh=S",
                "bin->usr/bin",
                "1777:0:0 tmp/",
                "750:3:4 home/e/",
                "home/e/old=O",
                "etc/passwd=root:x:0:0::/:\nbob:x:10:20::/:\n",
                "opt/lost->../nowhere",
            ],
            &["644:0:0 etc/.wh.shadow=", "etc/group=wheel:x:9:\n"],
        ],
    )
}

#[test]
fn directories_above_keep_what_the_base_says_of_them() {
    let sandbox = sandbox();

    assert_eq!(
        sandbox.last("FROM base\nCOPY f /home/x/\n"),
        ["home/ 700 1:2", "home/x/ 755 0:0", "home/x/f 644 0:0 =F"]
    );
    assert_eq!(sandbox.last("FROM base\nCOPY f /tmp\n"), ["tmp/ 1777 0:0", "tmp/f 644 0:0 =F"]);
}

#[test]
fn the_destination_keeps_its_mode_and_what_is_below_gets_the_sources() {
    assert_eq!(
        sandbox().last("FROM base\nCOPY --chown=7:8 d /home\n"),
        ["home/ 700 1:2", "home/e/ 755 7:8", "home/e/g 644 7:8 =G"]
    );
}

#[test]
fn links_on_the_way_are_followed_within_the_image() {
    let sandbox = sandbox();

    assert_eq!(
        sandbox.last("FROM base\nCOPY f /bin/\n"),
        ["usr/ 755 0:0", "usr/bin/ 755 0:0", "usr/bin/f 644 0:0 =F"]
    );
    assert_eq!(
        sandbox.last("FROM base\nCOPY f /opt/lost/\n"),
        ["nowhere/ 755 0:0", "nowhere/f 644 0:0 =F"]
    );
    assert_eq!(sandbox.last("FROM base\nCOPY f /opt/lost\n"), ["nowhere 644 0:0 =F"]);
    assert_eq!(sandbox.last("FROM base\nWORKDIR /bin/x\n")[2], "usr/bin/x/ 755 0:0");
}

#[test]
fn a_directory_replaces_a_link_below_the_destination() {
    let sandbox = sandbox().file("r/bin/x", "");

    assert_eq!(sandbox.last("FROM base\nCOPY r /\n"), ["bin/ 755 0:0", "bin/x 644 0:0 ="]);
}

#[test]
fn owners_are_looked_up_in_the_base() {
    let sandbox = sandbox();

    assert_eq!(sandbox.last("FROM base\nCOPY --chown=bob f /\n"), ["f 644 10:20 =F"]);
    assert_eq!(sandbox.last("FROM base\nCOPY --chown=bob:wheel f /\n"), ["f 644 10:9 =F"]);
    assert_eq!(
        sandbox.error("FROM base\nCOPY --chown=bob:bob f /\n"),
        "line 2: the image has no group `bob`"
    );
}

#[test]
fn a_working_directory_is_made_where_it_is_not_there() {
    let sandbox = sandbox();

    assert_eq!(
        sandbox.layers("FROM base\nWORKDIR /tmp\nWORKDIR /bin\n"),
        Vec::<Vec<String>>::new()
    );
    assert_eq!(
        sandbox.layers("FROM base\nUSER bob\nWORKDIR /srv\nWORKDIR app\n"),
        [vec!["srv/ 755 10:20"], vec!["srv/ 755 10:20", "srv/app/ 755 10:20"]]
    );
}

#[test]
fn an_archive_replaces_a_directory_of_the_base_by_a_file_and_by_another() {
    let archive = super::tar(&["755:0:0 home=now a file", "home/", "home/new=N"]);
    let sandbox = sandbox().file("a.tar", archive);

    assert_eq!(
        sandbox.last("FROM base\nADD a.tar /\n"),
        ["home/ 755 0:0", "home/.wh..wh..opq 644 0:0 =", "home/new 755 0:0 =N"]
    );
}

#[test]
fn what_the_base_had_in_a_directory_stays_hidden_though_the_archive_had_that_directory_first() {
    let archive = super::tar(&["home/", "755:0:0 home=now a file", "home/", "home/new=N"]);
    let sandbox = sandbox().file("a.tar", archive);

    assert_eq!(
        sandbox.last("FROM base\nADD a.tar /\n"),
        ["home/ 755 0:0", "home/.wh..wh..opq 644 0:0 =", "home/new 755 0:0 =N"]
    );
}

#[test]
fn files_are_copied_from_an_image_with_owners_links_and_all() {
    let sandbox = sandbox().image(
        "tools/t",
        CONFIG,
        &[
            &[
                "4755:0:5 opt/t/su=SU",
                "700:8:9 opt/t/",
                "opt/t/hard==opt/t/su",
                "opt/t/l->su",
                "opt/t/gone=x",
                "opt/big=BIG",
            ],
            &["opt/t/.wh.gone=", "644:7:7 opt/t/new=NEW"],
        ],
    );

    assert_eq!(
        sandbox.last("FROM scratch\nCOPY --from=tools/t /opt/t /x\n"),
        [
            "x/ 755 0:0",
            "x/hard 4755 0:5 =SU",
            "x/l -> su 0:0",
            "x/new 644 7:7 =NEW",
            "x/su == x/hard"
        ]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nCOPY --from=tools/t --chown=1 opt/t/l /\n"),
        ["l 4755 1:1 =SU"]
    );
    assert_eq!(sandbox.last("FROM base\nCOPY --from=tools/t /opt/ /\n")[1], "t/ 700 8:9");
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY --from=tools/t /opt/t/gone /\n"),
        "line 2: there is no `opt/t/gone` in the image `index.docker.io/tools/t`"
    );
}

#[test]
fn the_bases_layers_and_format_are_kept() {
    let image = sandbox().build("FROM base\nCOPY f /\n").unwrap();

    assert_eq!(image.layers.len(), 3);
    assert_eq!(image.format, crate::oci::Format::Docker);
    assert_eq!(
        image.layers[2].blob.media_type,
        "application/vnd.docker.image.rootfs.diff.tar.gzip"
    );
}
