/**
 * The terminals that the menu knows, and for each relative of theirs the one that stands in for it. No other
 * name is passed on: blessed opens a name with a slash as a file, and compiles what it finds.
 */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ...['xterm', 'xterm-256color', 'screen', 'screen-256color', 'tmux-256color', 'vt100', 'linux', 'dumb'].map(
    (name) => [name, name] as const,
  ),
  ['tmux', 'screen'],
  ['vt220', 'vt100'],
  ['vt102', 'vt100'],
  ['xterm-color', 'xterm'],
  ['rxvt', 'xterm'],
  ['rxvt-unicode', 'xterm'],
  ['rxvt-unicode-256color', 'xterm-256color'],
  ['xterm-kitty', 'xterm-256color'],
  ['xterm-ghostty', 'xterm-256color'],
  ['alacritty', 'xterm-256color'],
  ['foot', 'xterm-256color'],
  ['wezterm', 'xterm-256color'],
  ['konsole-256color', 'xterm-256color'],
  ['putty-256color', 'xterm-256color'],
  ['putty', 'xterm'],
]);

/** @returns a name of the allow-list; `xterm` for an unknown one */
export function terminalName(name: string): string {
  return KNOWN.get(name) ?? 'xterm';
}
