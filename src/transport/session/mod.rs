//! stub
use super::{Bundle, Hands, Job, Ran, TransportError};
use crate::process::Command;
/// stub
pub async fn run(_: Command, _: &Job, _: Bundle, _: &Hands) -> Result<Ran, TransportError> {
    Err(TransportError::Interrupted)
}
