/** The help, the foot line, and the prompts of the plain menu. */

/** The line at the foot: keys and what they do. */
export type FootKey = readonly [key: string, does: string];

export const FOOT = {
  list: [
    ['Enter', 'open'],
    ['s', 'SSH keys'],
    ['a', 'activity'],
    ['?', 'help'],
    ['q', 'exit'],
  ],
  domain: [
    ['1-8', 'choose'],
    ['Esc', 'back'],
    ['?', 'help'],
    ['q', 'exit'],
  ],
  only: [
    ['1-8', 'choose'],
    ['s', 'SSH keys'],
    ['a', 'activity'],
    ['?', 'help'],
    ['q', 'exit'],
  ],
  rescue: [
    ['Enter', 'choose'],
    ['Esc', 'back'],
  ],
  keys: [
    ['a', 'add'],
    ['d', 'remove'],
    ['Esc', 'back'],
  ],
  addKey: [
    ['Enter', 'add it'],
    ['Ctrl-U', 'clear'],
    ['Esc', 'back'],
  ],
  log: [
    ['/', 'search'],
    ['n N', 'back, on'],
    ['[ ]', 'boots'],
    ['f', 'follow'],
    ['o', 'off or on'],
    ['Esc', 'back'],
  ],
  scroll: [
    ['Up/Down', 'scroll'],
    ['Esc', 'back'],
  ],
  yes: [
    ['y', 'yes'],
    ['n', 'no'],
  ],
  name: [
    ['Enter', 'do it'],
    ['Esc', 'do not'],
  ],
  problem: [['Enter', 'go on']],
} as const satisfies Readonly<Record<string, readonly FootKey[]>>;

/** Sentences of the help in which the two menus differ: one takes keys, the other lines. */
interface HelpInput {
  readonly log: readonly string[];
  readonly rescueTime: string;
}

const BY_KEYS: HelpInput = {
  log: [
    'Up, Down, PgUp, PgDn, Home, End   scroll\tf   follow what comes',
    '[ and ]  the boot before, the boot after\to   switch it off or on',
    '/  look for a text, from here back; n looks further back, N further on',
  ],
  rescueTime: 'At the question before a rescue boot, Up and Down choose how long it lasts.',
};

export const BY_LINES: HelpInput = {
  log: [
    'An empty line shows older output, + newer. g shows the first line, e the last. [ and ] lead to the boot before and after.',
    '/text looks for the text, from here back; n looks further back, N further on. o switches the log off or on.',
  ],
  rescueTime: 'At the question before a rescue boot, "for 2h" and Enter choose how long it lasts.',
};

/**
 * A tab separates two things in a line; without room for both they become two lines.
 *
 * @param escape the name of the key that leaves a console
 */
export const help = (escape: string, input: HelpInput = BY_KEYS): readonly string[] => [
  'KEYS',
  'Up, Down, k, j    move\tEnter, Right, l   choose',
  'Esc, Left, h      back\t1 to 9, 0         choose by number',
  'PgUp, PgDn        a page\tHome, End, g, G   first, last',
  's  SSH keys       a  activity\t?  this help      q  exit',
  'u  UTF-8 or ASCII\tc  colour or none',
  'e  another key to leave consoles\tr, Ctrl-L  paint the screen again',
  '',
  'CONSOLE',
  'The console is the screen and keyboard of your server. It works when its network does not.',
  `${escape} and then . brings you back to this menu. ${escape} and then ? shows all its keys.`,
  'When you need that key for something else, e chooses another one for you.',
  'Watch console shows the same and sends nothing.',
  '',
  'CONSOLE LOG',
  'l on the page of a server shows the output of its console, also while nobody watched and in boots before this one.',
  ...input.log,
  'Colours are left out; other codes for a terminal are shown, not obeyed.',
  '',
  'ON AND OFF',
  'Shut down asks the system on the server to stop, as its own power button would. ' +
    'Power off cuts the power: use it when the server does not listen any more.',
  `Start leads to the console, to see it boot; ${escape} and then . brings you back. At Reboot and Normal boot, c does the same.`,
  'While a server is shutting down, p powers it off at once.',
  'Work that is under way continues when you leave. Come back at any time and look.',
  '',
  'RESCUE',
  'When your server does not boot or does not let you in, Rescue boot starts another, small system on it. ' +
    'There you can mount your disks and mend them. ' +
    'Normal boot brings your own system back.',
  'Where a rescue has an end, its page says how much time is left, and m gives it one more hour. ' +
    input.rescueTime,
  '',
  'REINSTALL',
  'Where a server can be reinstalled, i on its page writes a new system over its first disk. ' +
    'All data on that disk is lost for ever; other disks stay. ' +
    'When the writing does not end, the server stays off, and its disk is incomplete: reinstall it again, or boot a rescue system.',
  '',
  'SSH KEYS',
  'Your keys are what lets you in here. They are not the keys on your servers. Keep two, on two machines.',
  '',
  'NOT ALLOWED',
  'A choice that is marked is not possible now; the reason stands beside it. Choosing it shows the whole reason.',
];

/** The plain menu, line by line. */
export const PLAIN = {
  choose: 'Your choice: ',
  back: 'b. Back',
  quit: 'q. Exit',
  keys: 's. SSH keys',
  activity: 'a. Activity',
  help: 'h. Help',
  refresh: 'An empty line shows this again.',
  yesOrNo: 'Do it? yes or no: ',
  yesConsoleOrNo: 'Do it? yes or no (c: yes, and its console): ',
  no: 'Nothing was done.',
  notThere: 'There is no such choice.',
  noWord: 'No word here begins so.',
  words: (listed: string) => `You can type: ${listed}.`,
  moreWords: (listed: string, rest: number) => `You can type: ${listed}, and ${rest} more.`,
  goodbye: 'Goodbye.',
  name: 'Its name, or an empty line not to: ',
  word: 'That word, or an empty line not to: ',
  pasteKey: 'The public key, or an empty line to go back: ',
  powerOffNow: 'p. Power off now',
  lines: 'more: an empty line; back: b: ',
  oldest: 'back: an empty line: ',
  older: 'older: an empty line; back: b: ',
  log: 'older: an empty line; newer: +; boots: [ and ]; /text looks back for it, n and N again; first: g; last: e; off or on: o; back: b: ',
  removeKey: 'The number of a key removes it.',
  addKey: 'a. Add a key',
} as const;

/** @param escape the name of the key that leaves a console */
export function plainHelp(escape: string): readonly string[] {
  return [
    'Type the number or letter of a choice, then Enter.',
    'Or type the words of a command, like: web1 rescue. Tab completes a word; Tab twice lists what you can type.',
    'web1 screen prints the screen of web1 as text; web1 graph prints what it used.',
    `In the console, ${escape} and then . brings you back here. e chooses another key for it.`,
    'Shut down asks the system on the server to stop; power off cuts the power.',
    'Rescue boot starts a small system to repair yours; normal boot goes back.',
    'Work that is under way continues when you leave.',
  ];
}
