//! Scripts that teach a shell to complete `oac`, made from the list of options.

use crate::options::{Offer, RUN_OPTIONS, RunOption};

/// Programs that every container has, offered as commands.
const COMMANDS: &str = "node npm npx sh";
/// What stands behind `oac`.
pub(crate) const SUBCOMMANDS: [(&str, &str); 3] = [
    ("run", "run a program in a new container"),
    ("completions", "print a script that teaches a shell to complete oac"),
    ("help", "show what there is"),
];

/// A shell that completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    pub(crate) const NAMES: [(&str, Shell); 3] =
        [("bash", Shell::Bash), ("zsh", Shell::Zsh), ("fish", Shell::Fish)];

    pub(crate) fn script(self) -> String {
        match self {
            Shell::Bash => bash(),
            Shell::Zsh => zsh(),
            Shell::Fish => fish(),
        }
    }
}

/// An option's spellings.
fn spellings(option: &RunOption) -> Vec<String> {
    let short = option.short.map(|short| format!("-{short}"));
    short.into_iter().chain([format!("--{}", option.long)]).collect()
}

/// Whether the next word is its value.
fn takes_value(option: &RunOption) -> bool {
    option.value.starts_with(' ')
}

fn bash() -> String {
    let spelled = |wanted: &dyn Fn(&RunOption) -> bool, between: &str| {
        let options = RUN_OPTIONS.iter().filter(|option| wanted(option));
        options.flat_map(spellings).collect::<Vec<_>>().join(between)
    };
    let offering = |offer| spelled(&|option| option.offer == offer && takes_value(option), "|");
    let subcommands = SUBCOMMANDS.map(|(name, _)| name).join(" ");
    format!(
        r#"# bash completion of oac:  source <(oac completions bash)
_oac() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} index
    COMPREPLY=()
    if (( COMP_CWORD == 1 )); then
        COMPREPLY=($(compgen -W "{subcommands} --help --version" -- "$word")); return
    fi
    if [[ ${{COMP_WORDS[1]}} == completions ]]; then
        COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")); return
    fi
    [[ ${{COMP_WORDS[1]}} == run ]] || return
    for (( index = 2; index < COMP_CWORD; index++ )); do
        case ${{COMP_WORDS[index]}} in
            --) (( index + 1 == COMP_CWORD )) || {{ COMPREPLY=($(compgen -f -- "$word")); return; }} ;;
            {valued}) (( index++ )) ;;
            -*) ;;
            *) COMPREPLY=($(compgen -f -- "$word")); return ;;
        esac
    done
    case $before in
        {directories}) compopt -o nospace; COMPREPLY=($(compgen -d -- "$word")) ;;
        {variables}) COMPREPLY=($(compgen -v -- "$word")) ;;
        {files}) COMPREPLY=($(compgen -f -- "$word")) ;;
        {nothing}) ;;
        *) COMPREPLY=($(compgen -W "{all} {COMMANDS} --" -- "$word")) ;;
    esac
}}
complete -F _oac oac
"#,
        valued = spelled(&takes_value, "|"),
        directories = offering(Offer::Directories),
        variables = offering(Offer::Variables),
        files = offering(Offer::Files),
        nothing = offering(Offer::Nothing),
        all = spelled(&|_| true, " "),
    )
}

/// Quoted for a shell's single quotes, and for zsh's brackets and colons.
fn quoted(text: &str) -> String {
    text.replace('\'', "’").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
}

fn zsh() -> String {
    let mut lines = Vec::new();
    for option in RUN_OPTIONS {
        let names = spellings(option);
        let action = match option.offer {
            _ if !takes_value(option) => "",
            Offer::Nothing => ":value: ",
            Offer::Files => ":file:_files",
            Offer::Directories => ":directory:_directories",
            Offer::Variables => ":variable:_parameters -g '*export*'",
        };
        let action = action.replace('\'', "'\\''");
        let names = if names.len() == 2 { format!("{{{}}}", names.join(",")) } else { names.concat() };
        lines.push(format!("        '*'{names}'[{}]{action}'", quoted(option.help[0])));
    }
    let subcommands = SUBCOMMANDS.map(|(name, help)| format!("'{name}:{}'", quoted(help))).join(" ");
    format!(
        r#"#compdef oac
# zsh completion of oac:  oac completions zsh > a file _oac in a directory of $fpath
_oac() {{
    if (( CURRENT == 2 )); then
        local -a commands=({subcommands})
        _describe command commands
        return
    fi
    case $words[2] in
    completions) _values shell bash zsh fish ;;
    run)
        shift 1 words; (( CURRENT-- ))
        _arguments -S \
{options} \
        '1:command:({COMMANDS})' '*::argument:_files' ;;
    esac
}}
if [[ $funcstack[1] == _oac ]]; then _oac "$@"; else compdef _oac oac; fi
"#,
        options = lines.join(" \\\n"),
    )
}

fn fish() -> String {
    let mut script =
        String::from("# fish completion of oac:  oac completions fish | source\ncomplete -c oac -f\n");
    for (name, help) in SUBCOMMANDS {
        script.push_str(&format!(
            "complete -c oac -n __fish_use_subcommand -a {name} -d '{}'\n",
            help.replace('\'', "’")
        ));
    }
    script.push_str("complete -c oac -n '__fish_seen_subcommand_from completions' -a 'bash zsh fish'\n");
    script.push_str(&format!("complete -c oac -n '__fish_seen_subcommand_from run' -a '{COMMANDS}'\n"));
    for option in RUN_OPTIONS {
        let short = option.short.map_or(String::new(), |short| format!(" -s {short}"));
        let value = match option.offer {
            _ if !takes_value(option) => "",
            Offer::Nothing => " -x",
            Offer::Files => " -r -F",
            Offer::Directories => " -x -a '(__fish_complete_directories)'",
            Offer::Variables => " -x -a '(set -nx)'",
        };
        let help = option.help[0].replace('\'', "’");
        script.push_str(&format!(
            "complete -c oac -n '__fish_seen_subcommand_from run'{short} -l {}{value} -d '{help}'\n",
            option.long
        ));
    }
    script
}
