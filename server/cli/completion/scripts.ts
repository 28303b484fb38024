/** The shells for which there is a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/*
 * Each script asks `postern complete LINE` at each Tab. The first line of its answer says what else may stand there:
 * `files`, `directories` or `words`. A candidate a line follows: the word, a tab, a few words about it.
 */

const BASH = String.raw`# Completion of postern's commands, options and names, for bash.
_postern() {
  local line=${'$'}{COMP_LINE:0:COMP_POINT} word answer kind
  mapfile -t answer < <(postern complete "$line" 2>/dev/null)
  kind=${'$'}{answer[0]}
  COMPREPLY=("${'$'}{answer[@]:1}")
  COMPREPLY=("${'$'}{COMPREPLY[@]%%$'\t'*}")
  # bash breaks words at : and =, and replaces only the last piece.
  word=${'$'}{line##* }
  COMPREPLY=("${'$'}{COMPREPLY[@]#"${'$'}{word%"$2"}"}")
  case $kind in
    files) compopt -o filenames; mapfile -t -O ${'$'}{#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$2") ;;
    directories) compopt -o filenames; mapfile -t -O ${'$'}{#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$2") ;;
  esac
}
complete -F _postern postern
`;

const ZSH = String.raw`#compdef postern
# Completion of postern's commands, options and names, for zsh.
_postern() {
  local -a answer words_ shown
  local one
  answer=("${'$'}{(@f)$(postern complete "$LBUFFER" 2>/dev/null)}")
  for one in "${'$'}{(@)answer[2,-1]}"; do
    words_+=("${'$'}{one%%$'\t'*}")
    shown+=("${'$'}{one/$'\t'/  }")
  done
  (( ${'$'}#words_ )) && compadd -d shown -a words_
  case $answer[1] in
    files) _files ;;
    directories) _files -/ ;;
  esac
}
if [[ $funcstack[1] == _postern ]]; then _postern "$@"; else compdef _postern postern; fi
`;

const FISH = String.raw`# Completion of postern's commands, options and names, for fish.
function __postern_complete
  set -l answer (postern complete (commandline -cp) 2>/dev/null)
  test (count $answer) -gt 1; and printf '%s\n' $answer[2..]
  switch "$answer[1]"
    case files
      __fish_complete_path (commandline -ct)
    case directories
      __fish_complete_directories (commandline -ct)
  end
end
complete -c postern -f -a '(__postern_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
