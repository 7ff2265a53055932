//! What the executor is started with, as a shell reads it there.
//!
//! It travels as a file of mode 0600 that is deleted before the executor starts: values in an
//! argument list could be read by anybody while a program starts.

use zeroize::Zeroizing;

use crate::{shell, transport::Job};

/// The script that gives the executor its environment and its arguments.
///
/// # Errors
///
/// What a shell cannot pass on, in words: a variable's name that is none, a NUL.
pub(super) fn start(job: &Job) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut script = Zeroizing::new(Vec::new());
    for (name, value) in &job.environment {
        let value = value.expose();
        let is_name = name.bytes().enumerate().all(|(at, byte)| {
            byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit())
        });
        if name.is_empty() || !is_name {
            return Err(format!("the executor's environment can hold no variable `{name}`"));
        }
        if value.contains(&0) {
            return Err(format!("the value of `{name}` for the executor contains a NUL"));
        }
        script.extend_from_slice(format!("export {name}=").as_bytes());
        shell::quote_bytes(value, &mut script);
        script.push(b'\n');
    }
    script.extend_from_slice(b"set --");
    for argument in &job.arguments {
        if argument.contains('\0') {
            let flag = argument.split('=').next().unwrap_or_default();
            return Err(format!("the value of `{flag}` for the executor contains a NUL"));
        }
        script.push(b' ');
        shell::quote_bytes(argument.as_bytes(), &mut script);
    }
    script.push(b'\n');
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::session::tests::job;

    #[test]
    fn every_value_is_quoted() {
        let job = Job {
            environment: vec![("HOME".into(), "/root".into()), ("TOKEN".into(), "it's\n$x".into())],
            arguments: vec!["--label=a=b c".into(), "--cache=true".into()],
            ..job()
        };
        assert_eq!(
            String::from_utf8_lossy(&start(&job).unwrap()),
            "export HOME='/root'\nexport TOKEN='it'\\''s\n$x'\nset -- '--label=a=b c' '--cache=true'\n"
        );
    }

    #[test]
    fn a_name_that_no_shell_takes_is_refused() {
        let job = Job { environment: vec![("A;rm".into(), "x".into())], ..job() };
        assert_eq!(
            start(&job).unwrap_err(),
            "the executor's environment can hold no variable `A;rm`"
        );
    }
}
