//! From a file's lines to stages with their instructions.

use super::{
    Dockerfile, DockerfileError, Instruction, Stage, What,
    lines::{Line, Lines},
    typed::Parted,
};

/// Reads a text without byte order mark.
pub(super) fn read(text: &str) -> Result<Dockerfile, DockerfileError> {
    let mut lines = Lines::new(text);
    let mut arguments = Vec::new();
    let mut stages: Vec<Stage> = Vec::new();
    let mut empty = true;
    while let Some(line) = lines.instruction()? {
        empty = false;
        let parted = Parted::read(&line, lines.escape()).map_err(|wrong| line.error(wrong))?;
        if parted.name == "FROM" {
            let (number, _) = line.place(parted.keyword.at);
            let from = parted.from().map_err(|wrong| line.error(wrong))?;
            stages.push(Stage {
                name: from.name,
                base: from.base,
                platform: from.platform,
                line: number,
                original: line.text.trim().to_owned(),
                instructions: Vec::new(),
            });
            continue;
        }
        if stages.is_empty() && parted.name != "ARG" {
            let message = "an instruction other than `ARG` stands before the first `FROM`";
            return Err(line.error(parted.wrong(message)));
        }
        let instruction = finished(&mut lines, &line, parted)?;
        match (stages.last_mut(), instruction.what) {
            (Some(stage), what) => stage.instructions.push(Instruction { what, ..instruction }),
            (None, What::Arg(declared)) => arguments.extend(declared),
            (None, _) => {}
        }
    }
    if stages.is_empty() {
        let message = if empty {
            "the Dockerfile holds no instruction"
        } else {
            "the Dockerfile has no `FROM`"
        };
        return Err(DockerfileError { line: 1, column: 1, message: message.to_owned() });
    }
    Ok(Dockerfile { escape: lines.escape(), arguments, stages, frontend: lines.frontend() })
}

/// Reads one instruction.
pub(super) fn instruction(text: &str) -> Result<Instruction, DockerfileError> {
    let mut lines = Lines::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let Some(line) = lines.instruction()? else {
        return Err(DockerfileError {
            line: 1,
            column: 1,
            message: "there is no instruction".to_owned(),
        });
    };
    let parted = Parted::read(&line, lines.escape()).map_err(|wrong| line.error(wrong))?;
    let instruction = finished(&mut lines, &line, parted)?;
    if let Some(line) = lines.instruction()? {
        let (line, column) = line.place(0);
        let message = "there is more than one instruction".to_owned();
        return Err(DockerfileError { line, column, message });
    }
    Ok(instruction)
}

/// Takes the here-documents that an instruction opens, and understands it.
fn finished(
    lines: &mut Lines<'_>,
    line: &Line<'_>,
    parted: Parted<'_>,
) -> Result<Instruction, DockerfileError> {
    let mut inline = Vec::new();
    for opened in parted.opened().map_err(|wrong| line.error(wrong))? {
        let Some(content) = lines.document(&opened.name, !opened.dedented) else {
            let at = line.text.find("<<").unwrap_or_default();
            let message = format!("the here-document `{}` does not end", opened.name);
            return Err(line.error(super::lines::Mistake { at, message }));
        };
        inline.push((opened, content));
    }
    let (number, column) = line.place(parted.keyword.at);
    let what = parted.what(inline).map_err(|wrong| line.error(wrong))?;
    Ok(Instruction { line: number, column, original: line.text.trim().to_owned(), what })
}

#[cfg(test)]
mod tests;
