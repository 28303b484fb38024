/** One entry of a boot menu: its commands, each split into words. */
export interface GrubEntry {
  readonly title: string;
  readonly commands: readonly (readonly string[])[];
}

export interface GrubMenu {
  readonly entries: readonly GrubEntry[];
  /** Index of the entry that is chosen at first. */
  readonly chosen: number;
  /** Seconds until the chosen entry is booted; undefined waits for ever. */
  readonly timeout: number | undefined;
}

/**
 * Reads a grub.cfg, as far as a small guest needs it: `set default=`, `set timeout=` and `menuentry` blocks.
 */
export function parseGrubConfig(text: string): GrubMenu {
  const entries: { title: string; commands: string[][] }[] = [];
  const settings = new Map<string, string>();
  let open: { title: string; commands: string[][] } | undefined;
  for (const words of text.split('\n').map(wordsOf)) {
    const [command, first] = words;
    if (command === undefined) continue;
    if (open) {
      if (command === '}') open = undefined;
      else open.commands.push(words);
    } else if (command === 'menuentry' && first !== undefined) {
      open = { title: first, commands: [] };
      entries.push(open);
    } else if (command === 'set' && first?.includes('=') === true) {
      const [name = '', value = ''] = first.split(/=(.*)/s);
      settings.set(name, value);
    }
  }
  return menuOf(entries, settings.get('default'), settings.get('timeout'));
}

/** Reads the older menu.lst: `default`, `timeout`, and entries that begin with `title`. */
export function parseMenuList(text: string): GrubMenu {
  const entries: { title: string; commands: string[][] }[] = [];
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const words = wordsOf(line);
    const [command, first = ''] = words;
    const entry = entries.at(-1);
    if (command === 'title') entries.push({ title: line.trim().slice('title'.length).trim(), commands: [] });
    else if (command === 'kernel') entry?.commands.push(['linux', ...words.slice(1)]);
    else if (command === 'root') entry?.commands.push(['set', `root=${first.replace(/[()]/g, '')}`]);
    else if (command === 'initrd') entry?.commands.push(words);
    else if (command !== undefined) settings.set(command, first);
  }
  return menuOf(entries, settings.get('default'), settings.get('timeout'));
}

/** Splits a line at blanks; quotes group words, and `#` begins a comment. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [part] of line.matchAll(/#.*|(?:"[^"]*"|'[^']*'|[^\s"'#])(?:"[^"]*"|'[^']*'|[^\s"'])*/g)) {
    if (!part.startsWith('#')) words.push(part.replace(/["']/g, ''));
  }
  return words;
}

function menuOf(
  entries: readonly GrubEntry[],
  chosen: string | undefined,
  timeout: string | undefined,
): GrubMenu {
  const named = entries.findIndex(({ title }) => title === chosen);
  const index = named < 0 ? Number(chosen ?? 0) : named;
  const seconds = Number(timeout);
  return {
    entries,
    chosen: Number.isInteger(index) && index >= 0 && index < entries.length ? index : 0,
    timeout: timeout === undefined || !(seconds >= 0) ? undefined : seconds,
  };
}
