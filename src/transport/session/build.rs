//! One build over a connection that has greeted: lock, feed, run, bring back.

use std::{collections::BTreeSet, future::pending, time::Duration};

use tokio::time::{Instant, sleep_until, timeout};

use super::{
    Pace,
    connect::Connection,
    ear::Deaf,
    feed::{self, Feeding},
    output, refusal,
    word::{self, Word},
};
use crate::{
    context::{ContextError, Packed},
    event::{Event, Stage, What},
    kaniko::version::Executor,
    transport::{Bundle, Hands, Job, Ran, TransportError, staged},
};

/// A build on its way.
pub(super) struct Build<'a> {
    connection: Connection,
    job: &'a Job,
    hands: &'a Hands,
    pace: Pace,
    /// The run was interrupted, and the far side has been told to stop.
    stopping: bool,
    /// The far side was told to run: whatever it does not deny from here on may have happened.
    asked: bool,
    /// It has said that the executor runs.
    started: bool,
}

/// What was heard, or why nothing.
enum Heard {
    Word(Word),
    /// The run is to end.
    Cancelled,
    /// The deadline is over.
    Late,
    /// The connection is.
    Gone(String),
}

/// The end of the executor.
struct Exit {
    code: i32,
    timed_out: bool,
}

impl<'a> Build<'a> {
    pub(super) fn new(connection: Connection, job: &'a Job, hands: &'a Hands, pace: Pace) -> Self {
        Self { connection, job, hands, pace, stopping: false, asked: false, started: false }
    }

    /// Does it all. Whatever the end, the far side has been told, and has had its time.
    pub(super) async fn run(
        mut self,
        bundle: Bundle,
        lock_deadline: Instant,
    ) -> Result<Ran, TransportError> {
        self.tell(What::Stage(Stage::Connected(self.connection.version.clone()))).await;
        for line in self.connection.log.tell() {
            self.tell(What::Log { line }).await;
        }
        let result = self.steps(bundle, lock_deadline).await;
        if result.is_err() && !matches!(result, Err(TransportError::Lost { .. })) {
            self.part().await;
        }
        result
    }

    async fn steps(
        &mut self,
        bundle: Bundle,
        lock_deadline: Instant,
    ) -> Result<Ran, TransportError> {
        self.check_needs().await?;
        self.lock(lock_deadline).await?;
        let bundle = self.feed(bundle).await?;
        let exit = self.execute().await?;
        self.bring_back(exit, bundle).await
    }

    /// Before anything is sent: has the executor what the build needs?
    async fn check_needs(&self) -> Result<(), TransportError> {
        let flags = self.connection.flags.iter().cloned().collect();
        for warning in self.job.check(&Executor::of(&self.connection.version, flags))? {
            self.warn(&warning).await;
        }
        Ok(())
    }

    /// Until the place is ours and as empty as a build wants it.
    async fn lock(&mut self, deadline: Instant) -> Result<(), TransportError> {
        let mut last = None;
        let mut deadline = Some(deadline);
        loop {
            match self.hear(deadline).await {
                Heard::Word(Word::Waiting { since, holder }) => {
                    let who = word::who(since, holder.as_ref());
                    if last.as_ref() != Some(&who) {
                        self.tell(What::Stage(Stage::Waiting(who.clone()))).await;
                        last = Some(who);
                    }
                }
                Heard::Word(Word::Locked) => deadline = None,
                Heard::Word(Word::Ready) => return Ok(()),
                Heard::Late => {
                    let who = last.unwrap_or_else(|| "another run".to_owned());
                    let limit = humantime::format_duration(self.job.lock_timeout);
                    let what = format!("the executor is still in use by {who}, after {limit}");
                    return Err(TransportError::Busy { what });
                }
                other => return Err(self.unexpected(other, "while it was locked").await),
            }
        }
    }

    /// Sends everything and waits until all of it has arrived, whole.
    async fn feed(&mut self, bundle: Bundle) -> Result<Packed, TransportError> {
        const DOING: &str = "while the context was on its way";
        self.tell(What::Stage(Stage::Sending)).await;
        self.connection.mouth.line("proceed").await;
        let lines = feed::files(&self.connection.mouth, self.job).await?;
        let (build, events) = (self.job.build.clone(), self.hands.events.clone());
        let mut feeding = Feeding::start(&self.connection.mouth, bundle, build, events);
        let heard = tokio::select! {
            biased;
            heard = self.hear(None) => Err(heard),
            done = feeding.done() => Ok(done),
        };
        let packed = match heard {
            Ok(Ok(packed)) => packed,
            // The far side or the program that carries us has hung up: that is the cause, and
            // is heard in a moment.
            Ok(Err(ContextError::Sink(_))) if self.connection.mouth.is_closed() => {
                let heard = self.hear(None).await;
                return Err(self.unexpected(heard, DOING).await);
            }
            Ok(Err(error)) => return Err(error.into()),
            Err(heard) => return Err(self.unexpected(heard, DOING).await),
        };
        // Its answer may be lost, and it has started all the same.
        self.asked = true;
        lines.run(&self.connection.mouth, &packed).await;
        match self.hear(None).await {
            Heard::Word(Word::Received) => Ok(packed),
            other => Err(self.unexpected(other, DOING).await),
        }
    }

    /// From the executor's start to its end, or until its time is over.
    async fn execute(&mut self) -> Result<Exit, TransportError> {
        let mut deadline = None;
        let mut timed_out = false;
        loop {
            match self.hear(deadline).await {
                Heard::Word(Word::Started) => {
                    self.started = true;
                    self.tell(What::Stage(Stage::Building)).await;
                    deadline = Some(Instant::now() + self.job.timeout);
                }
                Heard::Word(Word::Exit(code)) => return Ok(Exit { code, timed_out }),
                Heard::Late if !timed_out => {
                    timed_out = true;
                    self.connection.mouth.line("stop").await;
                    deadline = Some(Instant::now() + self.pace.parting);
                }
                Heard::Late => {
                    self.warn("the far side has not confirmed that it stopped the executor").await;
                    return Ok(Exit { code: 137, timed_out });
                }
                other => return Err(self.unexpected(other, "while the executor ran").await),
            }
        }
    }

    /// Digest and outputs, and the far side's farewell.
    async fn bring_back(&mut self, exit: Exit, bundle: Packed) -> Result<Ran, TransportError> {
        let (mut digest, mut problem, mut deadline) = (None, None, None);
        let mut brought = Vec::new();
        let outputs = if exit.code == 0 { &self.job.outputs[..] } else { &[] };
        let mut left: BTreeSet<usize> = (0..outputs.len()).collect();
        let stage = if left.is_empty() { Stage::Cleaning } else { Stage::Receiving };
        self.tell(What::Stage(stage)).await;
        loop {
            match self.hear(deadline).await {
                Heard::Word(Word::Digest(text)) => {
                    digest = Some(text).filter(|text| is_digest(text));
                }
                Heard::Word(Word::Missing(number)) => {
                    left.remove(&number);
                    let far = outputs.get(number).map_or("?", |output| &output.far);
                    problem = Some(format!("the executor has not written `{far}`"));
                }
                Heard::Word(Word::Output { number, length, sha256 }) => {
                    let Some(output) = outputs.get(number).filter(|_| left.remove(&number)) else {
                        return Err(self.lost("an output came that was not asked for"));
                    };
                    let ear = &mut self.connection.ear;
                    match output::receive(ear, output, length, &sha256).await {
                        Ok(Ok(output)) => brought.push(output),
                        Ok(Err(error)) => problem = Some(error),
                        Err(deaf) => {
                            let what = format!("`{}` did not arrive: {}", output.far, gone(&deaf));
                            return Err(TransportError::Output { what });
                        }
                    }
                    if left.is_empty() {
                        self.tell(What::Stage(Stage::Cleaning)).await;
                    }
                }
                Heard::Word(Word::Unclean(why)) => {
                    self.warn(&format!(
                        "the far side is not clean: {why}; the next build tries again"
                    ))
                    .await;
                }
                Heard::Word(Word::Bye) => break,
                // The build has ended already; how, is known.
                Heard::Cancelled => {
                    self.stopping = true;
                    deadline = Some(Instant::now() + self.pace.parting);
                }
                Heard::Late => {
                    self.warn("the far side has not confirmed that it is clean").await;
                    break;
                }
                Heard::Word(Word::Cleaned) => {}
                Heard::Word(other) => {
                    self.warn(&format!("the far side said something unexpected: {other:?}")).await;
                }
                Heard::Gone(why) if !left.is_empty() => {
                    let what = format!("the outputs did not arrive: {why}");
                    return Err(TransportError::Output { what });
                }
                Heard::Gone(why) => {
                    self.warn(&format!("the far side has not confirmed that it is clean: {why}"))
                        .await;
                    break;
                }
            }
        }
        if let Some(&number) = left.first() {
            problem = Some(format!("`{}` did not arrive", outputs[number].far));
        }
        if let Some(what) = problem {
            return Err(TransportError::Output { what });
        }
        if exit.code == 0 && digest.is_none() && feed::digest_file(self.job).is_some() {
            return Err(self.lost("the executor ended well and left no digest"));
        }
        staged::place(brought).await?;
        self.end_of_output().await;
        Ok(Ran {
            exit_code: exit.code,
            digest,
            tail: self.connection.log.last(),
            version: self.connection.version.clone(),
            bundle,
            timed_out: exit.timed_out,
        })
    }

    /// The next word that is not a beat.
    async fn hear(&mut self, deadline: Option<Instant>) -> Heard {
        let mut cancelled = self.hands.cancelled.clone();
        let stopping = self.stopping;
        let cancelled = async {
            // A sender that is gone cancels nothing.
            if stopping || cancelled.wait_for(|&cancelled| cancelled).await.is_err() {
                pending::<()>().await;
            }
        };
        let late = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => pending().await,
            }
        };
        let listen = async {
            loop {
                match self.connection.ear.line().await {
                    Ok(line) => match Word::parse(&line) {
                        Some(Word::Beat) => {}
                        Some(word) => return Heard::Word(word),
                        None => {
                            let line: String = line.chars().take(80).collect();
                            return Heard::Gone(format!("it brought `{line}`"));
                        }
                    },
                    Err(deaf) => return Heard::Gone(gone(&deaf)),
                }
            }
        };
        tokio::select! {
            biased;
            () = cancelled => Heard::Cancelled,
            () = late => Heard::Late,
            heard = listen => heard,
        }
    }

    /// What it means that this was heard and not what should have been.
    async fn unexpected(&mut self, heard: Heard, doing: &str) -> TransportError {
        match heard {
            Heard::Cancelled => {
                self.connection.mouth_stop(self.pace.parting).await;
                self.stopping = true;
                TransportError::Interrupted
            }
            // What it says of it is no more than its last word: destinations may have been pushed.
            Heard::Word(Word::Error { why, .. }) if self.started => self.lost(&why),
            Heard::Word(Word::Error { class, why }) => refusal::failed(&class, &why),
            Heard::Word(Word::Refused { code, why }) => refusal::refused(&code, &why),
            Heard::Word(Word::Bye | Word::Cleaned) => TransportError::Lost {
                what: format!("the far side ended {doing}"),
                started: self.started,
            },
            Heard::Word(word) => self.lost(&format!("the far side said {word:?} {doing}")),
            Heard::Late => self.lost(&format!("its time was over {doing}")),
            Heard::Gone(why) => {
                let said = self.carriers_end().await;
                self.lost(&format!("the connection broke off {doing}: {why}{said}"))
            }
        }
    }

    /// How the program that carries us has ended, and its last word where nothing else was said.
    async fn carriers_end(&mut self) -> String {
        let running = &mut self.connection.running;
        let code = timeout(Duration::from_secs(2), running.wait()).await;
        match code {
            Ok(Ok(code)) => format!(" (`{}` ended with exit code {code})", running.name()),
            _ => String::new(),
        }
    }

    /// The connection is; the executor may have been started once the far side was told to.
    fn lost(&self, what: &str) -> TransportError {
        TransportError::Lost { what: what.to_owned(), started: self.asked }
    }

    /// Lets the far side end in its own way, for as long as it may take.
    async fn part(&mut self) {
        let parting = Instant::now() + self.pace.parting;
        if !self.stopping {
            self.connection.mouth_stop(self.pace.parting).await;
            self.stopping = true;
        }
        while let Heard::Word(word) = self.hear(Some(parting)).await {
            if word == Word::Bye {
                self.end_of_output().await;
                return;
            }
        }
    }

    async fn end_of_output(&mut self) {
        // Some programs that carry us end only with their input.
        self.connection.mouth.close();
        let _ = timeout(output::AFTER, self.connection.running.wait()).await;
        let _ = timeout(output::AFTER, self.connection.log.ended()).await;
    }

    async fn warn(&self, text: &str) {
        self.tell(What::Warning(text.to_owned())).await;
    }

    async fn tell(&self, what: What) {
        let event = Event { build: Some(self.job.build.clone()), what };
        // Nobody listens any more: the build goes on.
        let _ = self.hands.events.send(event).await;
    }
}

impl Connection {
    /// Tells the far side to stop, as far as it takes anything.
    async fn mouth_stop(&self, limit: Duration) {
        let _ = timeout(limit, self.mouth.line("stop")).await;
    }
}

fn gone(deaf: &Deaf) -> String {
    match deaf {
        Deaf::Ended => "its end was reached".to_owned(),
        Deaf::Silent => "nothing was heard any more".to_owned(),
        Deaf::Broken(error) => error.to_string(),
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
