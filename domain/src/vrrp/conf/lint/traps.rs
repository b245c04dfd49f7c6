use super::super::problem::{Place, Trap};
use super::{Code, Findings, Severity};

pub(super) fn trap(place: Place, trap: &Trap, found: &mut Findings<'_>) {
    use Severity::{Error, Note, Warning};
    let (code, severity, en, zh) = match trap {
        Trap::MissingInclude { pattern } => (
            Code::MissingInclude,
            Error,
            format!("No file is {pattern}, and keepalived goes on without a word: mend the path, or use includea"),
            format!("没有匹配 {pattern} 的文件，而 keepalived 会直接继续：请更正路径，或使用 includea"),
        ),
        Trap::QuotedInclude => (
            Code::QuotedInclude,
            Error,
            "The quotes belong to the path for keepalived: take them out".to_owned(),
            "keepalived 会把引号当作路径的一部分：请去掉引号".to_owned(),
        ),
        Trap::Cycle { path } => (
            Code::IncludeCycle,
            Error,
            format!("{path} includes itself; keepalived reads it until it has no more file handles: take the include out"),
            format!("{path} 包含了自身，keepalived 会一直读到文件句柄用尽：请去掉该 include"),
        ),
        Trap::UnclosedQuote => (
            Code::UnclosedQuote,
            Error,
            "A \" is not closed, and what follows it is lost: close it on its line".to_owned(),
            "双引号没有闭合，其后的内容会丢失：请在同一行闭合".to_owned(),
        ),
        Trap::LongLine { bytes } => (
            Code::LongLine,
            Error,
            format!("The line has {bytes} bytes; keepalived cuts it after 1,022 and reads the rest as another line: shorten it"),
            format!("该行有 {bytes} 字节，keepalived 会在 1022 字节后截断并把其余部分当作另一行：请缩短"),
        ),
        Trap::Endless => (
            Code::EndlessDefinition,
            Error,
            "A definition names itself, and keepalived never ends reading it: take the circle out".to_owned(),
            "定义引用了自身，keepalived 将永远读不完：请消除循环".to_owned(),
        ),
        Trap::Grown => (
            Code::LongDefinition,
            Error,
            "Its definitions make the line longer than the 1,022 bytes that keepalived takes: shorten them".to_owned(),
            "展开定义后该行超过 keepalived 允许的 1022 字节：请缩短定义".to_owned(),
        ),
        Trap::Repetition => (
            Code::BadRepetition,
            Error,
            "keepalived refuses this ~SEQ or ~LST and leaves the line out: mend its values".to_owned(),
            "keepalived 不接受这个 ~SEQ 或 ~LST，并会忽略该行：请更正其取值".to_owned(),
        ),
        Trap::DefinedCondition => (
            Code::DefinedCondition,
            Warning,
            "A definition puts in the condition of this line, and keepalived 2.2.7 then takes the condition for the keyword: write the condition itself".to_owned(),
            "该行的条件来自定义，keepalived 2.2.7 会把条件当作关键字：请直接写出条件".to_owned(),
        ),
        Trap::Backslash => (
            Code::Backslash,
            Warning,
            "A \\ at the end goes on in the next line only within a definition; here it becomes part of the last word: take it out".to_owned(),
            "行尾的 \\ 只在定义中表示续行，这里会成为最后一个词的一部分：请去掉".to_owned(),
        ),
        Trap::CutWord { word } => {
            let severity = if word == "auth_pass" || word == "password" { Error } else { Warning };
            (
                Code::CutWord,
                severity,
                format!("A comment begins within a word of {word}, and cuts it: put the word in \"quotes\" (single quotes do not help), or a blank before the comment"),
                format!("{word} 的一个词中出现了注释符，其后的内容被截断：请用双引号括起来（单引号无效），或在注释前加空格"),
            )
        }
        Trap::Unknown { text } => (
            Code::Unknowable,
            Note,
            format!("What {text} is here is only known to the running daemon"),
            format!("{text} 的取值只有运行中的守护进程才知道"),
        ),
        Trap::TooMuch => (
            Code::TooMuch,
            Error,
            "The files mean more lines than are read; what follows was not looked at".to_owned(),
            "展开后的行数过多，其后的内容没有检查".to_owned(),
        ),
        Trap::StrayOpen => (
            Code::StrayBrace,
            Error,
            "A { without a keyword before it: take it out".to_owned(),
            "{ 之前没有关键字：请去掉".to_owned(),
        ),
        Trap::StrayClose => (
            Code::StrayBrace,
            Error,
            "A } that closes nothing: take it out".to_owned(),
            "} 没有可闭合的块：请去掉".to_owned(),
        ),
        Trap::Unclosed => (
            Code::UnclosedBlock,
            Error,
            "The block is not closed: add its }".to_owned(),
            "块没有闭合：请补上 }".to_owned(),
        ),
        Trap::TooDeep => (
            Code::TooDeep,
            Error,
            "More blocks within each other than keepalived has".to_owned(),
            "块嵌套过深".to_owned(),
        ),
    };
    found.add(code, severity, place, en, zh);
}
