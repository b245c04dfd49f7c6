//! The files: unchanged meanwhile, accepted, without hidden errors, and in agreement.

use std::collections::BTreeSet;

use super::{changed, none_of, told};
use crate::phrase::Phrase;
use crate::time::Timestamp;
use crate::vrrp::conf::{self, Severity, lint_pair};
use crate::vrrp::deploy::plan::{DeployInput, Sides};
use crate::vrrp::deploy::reading::Daemon;
use crate::vrrp::interlock::Finding;

pub(super) fn unchanged(input: &DeployInput, now: Timestamp) -> Finding {
    let mut found = Vec::new();
    for director in changed(input) {
        let reading = &director.reading.value;
        for file in &director.files {
            let (name, path) = (&director.name, file.path.as_str());
            if reading.digests.get(path) != file.base.as_ref() {
                found.push((
                    format!("{path} on {name} was changed meanwhile: read it anew"),
                    format!("{name} 上的 {path} 已被修改：请重新读取"),
                ));
            }
        }
        for (path, why) in &reading.lost {
            let name = &director.name;
            found.push((format!("{name}: {path}: {why}"), format!("{name}：{path}：{why}")));
        }
    }
    none_of(found, Phrase::new("unchanged", "未变化"), now)
}

/// Its exit status says little (5 is a missing interface and a fatal error alike), so each sentence
/// that the old files did not cause counts.
pub(super) fn accepted(input: &DeployInput, now: Timestamp) -> Finding {
    let mut found = Vec::new();
    let mut oldest = now;
    for director in changed(input) {
        let name = &director.name;
        match &director.trial {
            Some(Ok(trial)) => {
                oldest = oldest.min(trial.observed_at);
                let said = trial.value.new_complaints().into_iter();
                found.extend(
                    said.map(|line| (format!("{name}: {line}"), format!("{name}：{line}"))),
                );
                if !matches!(trial.value.exit_status, 0 | 5)
                    || (trial.value.exit_status == 5 && trial.value.then.is_empty())
                {
                    let status = trial.value.exit_status;
                    found.push((
                        format!("{name}: keepalived -t ends with {status}"),
                        format!("{name}：keepalived -t 退出码为 {status}"),
                    ));
                }
            }
            Some(Err(why)) => found.push((
                format!("{name}: it could not be tried: {why}"),
                format!("{name}：无法试运行：{why}"),
            )),
            None => {}
        }
    }
    none_of(
        found,
        Phrase::new("keepalived -t has nothing new to say", "keepalived -t 没有新的意见"),
        oldest,
    )
}

/// Findings that the old files did not have: errors block, warnings warn.
pub(super) fn linted(sides: &[Sides<'_>], now: Timestamp) -> Finding {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for side in sides.iter().filter(|side| !side.director.files.is_empty()) {
        let version = side.director.reading.value.version;
        let known: BTreeSet<String> = conf::lint(&side.old.0, &side.old.1, version)
            .into_iter()
            .map(|finding| finding.says.en)
            .collect();
        for finding in conf::lint(&side.new.0, &side.new.1, version) {
            let (name, line) = (&side.director.name, finding.line);
            let text = (
                format!("{name}, line {line}: {}", finding.says.en),
                format!("{name} 第 {line} 行：{}", finding.says.zh),
            );
            match finding.severity {
                Severity::Error => errors.push(text),
                Severity::Warning if !known.contains(&finding.says.en) => warnings.push(text),
                Severity::Warning | Severity::Note => {}
            }
        }
    }
    match (errors.is_empty(), told(warnings)) {
        (true, Some(warnings)) => Finding::warn(warnings, Some(now)),
        _ => none_of(errors, Phrase::new("none", "无"), now),
    }
}

pub(super) fn agreed(input: &DeployInput, sides: &[Sides<'_>], now: Timestamp) -> Finding {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for (at, first) in sides.iter().enumerate() {
        for second in sides.iter().skip(at + 1) {
            let pair = lint_pair((&first.new.0, &first.new.1), (&second.new.0, &second.new.1));
            for finding in pair {
                let text = (finding.says.en, finding.says.zh);
                match finding.severity {
                    Severity::Error => errors.push(text),
                    Severity::Warning => warnings.push(text),
                    Severity::Note => {}
                }
            }
        }
    }
    for name in &input.unseen {
        warnings.push((
            format!("{name} cannot be asked: its configuration is not compared"),
            format!("无法询问 {name}：未与其配置比较"),
        ));
    }
    match (errors.is_empty(), told(warnings)) {
        (true, Some(warnings)) => Finding::warn(warnings, Some(now)),
        _ => none_of(errors, Phrase::new("they do", "一致"), now),
    }
}

/// Without it, 2.2.7 dies of a file that it does not like and leaves its addresses behind.
pub(super) fn reload_checked(sides: &[Sides<'_>], now: Timestamp) -> Finding {
    let changed = sides.iter().filter(|side| !side.director.files.is_empty());
    let (mut missing, mut later) = (Vec::new(), Vec::new());
    for side in changed {
        let name = &side.director.name;
        if !side.new.1.global.reload_check_config {
            missing.push((
                format!("{name}: write reload_check_config in global_defs"),
                format!("{name}：请在 global_defs 中写入 reload_check_config"),
            ));
        } else if !side.old.1.global.reload_check_config
            && side.director.reading.value.daemon == Daemon::Running
        {
            later.push((
                format!(
                    "{name} runs without it until this reload; the files are tested right before"
                ),
                format!("{name} 在此次重新加载前没有该设置；文件会在之前立即测试"),
            ));
        }
    }
    match (missing.is_empty(), told(later)) {
        (true, Some(later)) => Finding::warn(later, Some(now)),
        _ => none_of(missing, Phrase::new("reload_check_config", "reload_check_config"), now),
    }
}
