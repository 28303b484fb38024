import type { Action } from '../policy/actions.js';
import type { DomainState } from '../policy/domain-state.js';
import type { Recorded } from '../policy/recorded.js';
import type { MenuBoot } from './log-port.js';
import type { MenuKey, MenuParameter, OperateAction } from './port.js';
import type { Setting } from './port.js';

/** All sentences of the menus, in one place. Short sentences; a "server" is the code's domain. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in its two largest units: `12 s`, `3 min`, `5 h 2 min`, `12 d 3 h`. */
export function duration(milliseconds: number): string {
  const time = Math.max(0, milliseconds);
  if (time < MINUTE) return `${Math.floor(time / SECOND)} s`;
  if (time < HOUR) return `${Math.floor(time / MINUTE)} min`;
  if (time < DAY) return two(time, HOUR, 'h', MINUTE, 'min');
  return two(time, DAY, 'd', HOUR, 'h');
}

function two(time: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((time % large) / small);
  const first = `${Math.floor(time / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** A moment as `2025-11-21 07:15`, in UTC. */
export function moment(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 16).replace('T', ' ');
}

/** As `moment`, the day only. */
function day(milliseconds: number): string {
  return moment(milliseconds).slice(0, 10);
}

const NOT_KNOWN_YET = '…';

const STATES: Readonly<Record<DomainState, string>> = {
  running: 'running',
  paused: 'paused',
  'shutting-down': 'shutting down',
  rebooting: 'rebooting',
  crashed: 'crashed',
  off: 'off',
  unknown: 'unknown',
};

export function stateWord(state: DomainState | null): string {
  return state === null ? NOT_KNOWN_YET : STATES[state];
}

/** State of a server whose console an administrator of the host holds alone. */
export function lockedWord(state: string): string {
  return `${state}, locked`;
}

/** Shown instead of the state. */
export function elsewhereWord({ host, moving }: { readonly host: string; readonly moving: boolean }): string {
  return moving ? `moving (${host})` : `on ${host}`;
}

export function elsewhereSentence({
  host,
  moving,
}: {
  readonly host: string;
  readonly moving: boolean;
}): string {
  const where = moving
    ? `It is being moved to another host (${host}).`
    : `It runs on the host ${host}, where it is not set up for this menu.`;
  return `${where} Nothing can be done with it from here. Please ask us.`;
}

export const CONSOLE_LOCKED = 'An administrator of the host has its console open.';

/** A running operation, as a state. */
const DOING: Readonly<Partial<Record<Action, string>>> = {
  start: 'starting',
  shutdown: 'shutting down',
  poweroff: 'powering off',
  reboot: 'rebooting',
  rescue: 'into rescue',
  normal: 'out of rescue',
};

export function doingWord(action: Action): string {
  return DOING[action] ?? 'busy';
}

const STEPS: Readonly<Record<string, string>> = {
  waiting: 'waiting its turn',
  'shutting-down': 'shutting down',
  'powering-off': 'powering off',
  rebooting: 'rebooting',
  creating: 'getting the server ready',
  'attaching-console': 'connecting its console',
  unpausing: 'letting it go',
  'sending-sysrq': 'sending the key',
  undoing: 'putting things back',
};

export function stepWord(step: string, action: Action): string {
  return STEPS[step] ?? doingWord(action);
}

/** Labels of choices. */
export const ACTION_LABELS: Readonly<Record<OperateAction | 'console' | 'watch' | 'log', string>> = {
  console: 'Console',
  start: 'Start',
  shutdown: 'Shut down',
  poweroff: 'Power off',
  reboot: 'Reboot',
  rescue: 'Rescue boot',
  normal: 'Normal boot',
  watch: 'Watch console',
  log: 'Console log',
};

const ACTION_HINTS: Readonly<Record<OperateAction | 'log', string>> = {
  start: 'switch the server on',
  shutdown: 'ask the server to shut down',
  poweroff: 'cut the power at once',
  reboot: 'shut down and start again',
  rescue: 'boot a small system to repair this one',
  normal: 'back from rescue to its own system',
  log: 'its output, also while nobody watched',
};

/** Visitors of a console know beforehand that it is recorded. */
const VISIT_HINTS: Readonly<Record<'console' | 'watch', Readonly<Record<Recorded, string>>>> = {
  console: {
    off: 'its screen and keyboard',
    output: 'recorded, but not your keys',
    input: 'recorded, with all you type',
  },
  watch: {
    off: 'look at the screen without typing',
    output: 'look at the screen without typing; recorded',
    input: 'look at the screen; recorded, with all you type',
  },
};

/** @param escape the name of the key that leaves a console */
export function actionHint(
  action: OperateAction | 'console' | 'watch' | 'log',
  recorded: Recorded,
  escape: string,
): string {
  if (action === 'console') return `${VISIT_HINTS.console[recorded]}; ${escape} and . come back`;
  return action === 'watch' ? VISIT_HINTS.watch[recorded] : ACTION_HINTS[action];
}

/** The same, where no hints are shown. */
export function recordedSentence(recorded: Exclude<Recorded, 'off'>): string {
  return recorded === 'input'
    ? 'Visits to its console are recorded, with all you type.'
    : 'Visits to its console are recorded, but not your keys.';
}

export const LABELS = {
  keys: 'SSH keys',
  keysHint: 'the keys that log in as you',
  activity: 'Activity',
  activityHint: 'your acts, with their time and key',
  help: 'Help',
  helpHint: 'all keys and choices explained',
  quit: 'Exit',
  quitHint: 'close this connection',
  back: 'Back',
  addKey: 'Add a key',
  addKeyHint: 'paste the public half of it',
} as const;

export const TITLES = {
  list: 'Your servers',
  rescue: 'Rescue boot',
  keys: 'Your SSH keys',
  addKey: 'Add an SSH key',
  activity: 'Your activity, times in UTC',
  help: 'Help',
  motd: 'News',
  welcome: 'Welcome',
} as const;

export const COLUMN_HEADS = {
  server: 'SERVER',
  state: 'STATE',
  boot: 'BOOT',
  memory: 'MEMORY',
  vcpus: 'VCPUS',
  cpu: 'CPU',
  since: 'SINCE',
} as const;

export const FACTS = {
  boot: 'Boot',
  memory: 'Memory',
  vcpus: 'VCPUs',
  cpu: 'CPU',
  role: 'You are',
  since: 'since',
} as const;

export function bootWord(profile: string | null): string {
  return profile ?? NOT_KNOWN_YET;
}

export function memoryWord(mebibytes: number | null): string {
  if (mebibytes === null) return NOT_KNOWN_YET;
  if (mebibytes >= 1024 && mebibytes % 1024 === 0) return `${mebibytes / 1024} GiB`;
  return `${mebibytes} MiB`;
}

export function countWord(count: number | null): string {
  return count === null ? NOT_KNOWN_YET : `${count}`;
}

export function percentWord(percent: number | null): string {
  return percent === null ? '-' : `${Math.round(percent)} %`;
}

export function escapeChosen(escape: string): string {
  return `${escape} and then . leaves a console from now on.`;
}

/** @param since and `now` in milliseconds since the epoch */
export function sinceSentence(since: number, now: number): string {
  return `since ${moment(since)} UTC (${duration(now - since)})`;
}

/** As `sinceSentence`, for little room. */
export function sinceWord(since: number, now: number): string {
  return `for ${duration(now - since)}`;
}

/** @param age in milliseconds */
export function agoWord(age: number): string {
  return `${duration(age)} ago`;
}

export function seenSentence(age: number): string {
  return `seen ${agoWord(age)}`;
}

export function unreachableSentence(age: number | null): string {
  return age === null
    ? 'The host of this server does not answer.'
    : `The host of this server does not answer. Last seen ${agoWord(age)}.`;
}

/** As `unreachableSentence`, for little room. */
export function unreachableWord(age: number | null): string {
  return age === null ? UNREACHABLE_MARK : `${UNREACHABLE_MARK}, ${seenSentence(age)}`;
}

export const UNREACHABLE_MARK = 'no answer';

export const ASKING_HOST = 'asking the host …';

/** Beside a choice when the page gives the reason. */
export const NOT_NOW = 'not now';

export const MAINTENANCE_OVER = 'Maintenance is over.';
export const NO_SERVERS = 'You have no servers here.';
export const LOADING = 'one moment …';
export const NO_ACTIVITY = 'Nothing yet.';

export function tooSmall(columns: number, rows: number): string {
  return `This window is ${columns}×${rows}. Please make it 40×12 or larger.`;
}

/** Title of a question before an action. */
export function confirmTitle(action: OperateAction, domain: string): string {
  return `${ACTION_LABELS[action]}: ${domain}`;
}

export function confirmSentences(action: OperateAction, domain: string): string[] {
  switch (action) {
    case 'shutdown':
      return [`${domain} is asked to shut down. It stays off until you start it.`];
    case 'reboot':
      return [`${domain} is asked to shut down and starts again. Everybody on it is cut off for a while.`];
    case 'normal':
      return [`${domain} leaves rescue: it shuts down and boots its own system again.`];
    case 'poweroff':
      return [`This cuts the power of ${domain}. Data that is not on the disk is lost.`];
    case 'rescue':
      return [`${domain} shuts down, then boots this other system. Its own system does not run meanwhile.`];
    case 'start':
      return [`${domain} is switched on.`];
  }
}

export function rescueDisks(disks: string): string {
  return `Disks: ${disks}`;
}

/** `With suite: bookworm; mirror: deb.example.net`; empty without parameters. */
export function rescueParameters(parameters: readonly MenuParameter[]): string[] {
  if (parameters.length === 0) return [];
  return [`With ${parameters.map(({ title, value }) => `${title}: ${value ?? NOT_SET}`).join('; ')}`];
}

const NOT_SET = 'not set';

export function rescueBack(hint: string): string {
  return `To go back: ${hint}`;
}

export const RESCUE_CHOOSE = 'Which system shall it boot?';
export const RESCUE_NONE = 'There is no rescue system for this server.';
export const RESCUE_DEFAULT_HINT = 'choose 7 Normal boot in this menu.';

export const YES_OR_NO = 'y yes   n no';
export const QUESTION = 'Do it?';

export function typeTheName(domain: string): string {
  return `Type ${domain} to do it, Esc not to:`;
}

export function wrongWord(dialog: { readonly ask: 'name' | 'remove-used-key' }): string {
  return `That is not ${dialog.ask === 'name' ? 'its name' : 'that word'}. Nothing was done.`;
}

/** Changes all later logins. */
export const SETTING_TITLE = 'Change a setting';
export const SETTING_STAYS = 'It stays so, also when you come back.';

export function settingSentence(setting: Setting): string {
  switch (setting.of) {
    case 'charset':
      return setting.to === 'ascii'
        ? 'This menu is drawn with plain ASCII characters.'
        : 'This menu is drawn with UTF-8 characters.';
    case 'colour':
      return setting.to ? 'This menu is shown in colours.' : 'This menu is shown without colours.';
    case 'escape':
      return escapeChosen(setting.to.name);
  }
}

/** On pages without a text field. */
export const NOT_PASTED = 'Your paste was left out: this page takes no text.';

export function removeKeySentences(comment: string, fingerprint: string, inUse: boolean): string[] {
  const key = comment === '' ? fingerprint : `${comment} (${fingerprint})`;
  const remove = `Nobody can log in as you with ${key} any more.`;
  return inUse
    ? [remove, 'Careful: this is the key you are using now. Without another one you cannot come back.']
    : [remove];
}

export const REMOVE_KEY_TITLE = 'Remove this key';

/** Shown while an action runs. */
export const CALLING = 'connecting to the console …';

export function asking(action: Action): string {
  return `asking for ${doingWord(action) === 'busy' ? 'it' : (ACTION_NOUNS[action] ?? 'it')} …`;
}

const ACTION_NOUNS: Readonly<Partial<Record<Action, string>>> = {
  start: 'a start',
  shutdown: 'a shut-down',
  poweroff: 'a power-off',
  reboot: 'a reboot',
  rescue: 'a rescue boot',
  normal: 'a normal boot',
};

export function placeSentence(place: number): string {
  return place === 1 ? 'one server is before it' : `${place} servers are before it`;
}

/** @param elapsed in milliseconds */
export function progressSentence(doing: string, elapsed: number): string {
  return `${doing}, ${duration(elapsed)}`;
}

/** @param left in milliseconds */
export function deadlineSentence(left: number): string {
  return left > 0 ? `gives up in ${duration(left)}` : 'any moment now';
}

export function bySentence(customer: string): string {
  return `asked for by ${customer}`;
}

export const POWER_OFF_NOW = 'power off now';
export const POWER_OFF_FIRST = 'After that it goes on by itself with what you asked for.';

export function acceptedSentence(action: Action, domain: string): string {
  return `${domain}: ${ACTION_NOUNS[action] ?? 'it'} is under way.`;
}

/** Shown after an action has ended. */
export function doneSentence(action: Action, domain: string): string {
  switch (action) {
    case 'start':
      return `${domain} is started. Choose 1 to see its console.`;
    case 'shutdown':
      return `${domain} has shut down.`;
    case 'poweroff':
      return `${domain} is off.`;
    case 'reboot':
      return `${domain} is booting again. Choose 1 to see its console.`;
    case 'rescue':
      return `${domain} runs the system that you chose.`;
    case 'normal':
      return `${domain} boots its own system again. Choose 1 to see its console.`;
    default:
      return `${domain}: done.`;
  }
}

export function failedSentence(action: Action, domain: string, message: string | null): string {
  const what = ACTION_NOUNS[action] ?? 'it';
  return `${domain}: ${what} did not work${message === null || message === '' ? '.' : `: ${message}`}`;
}

export function supersededSentence(action: Action, domain: string): string {
  return `${domain}: ${ACTION_NOUNS[action] ?? 'it'} was overtaken by a power-off.`;
}

export function goingOn(action: Action, domain: string): string {
  return `${domain} is off. Now for ${ACTION_NOUNS[action] ?? 'it'}.`;
}

export function stillAsking(domain: string): string {
  return `${domain}: one thing after the other. The last choice is still being asked for.`;
}

export function domainGone(domain: string): string {
  return `${domain} is no longer here for you.`;
}

export function rescueReady(domain: string): string {
  return `${domain} boots the system that you chose. Choose 1 on its page to see it.`;
}

/** On a page while a server runs a system other than its own. */
export function profileBanner(title: string): string {
  return `Booted with: ${title}.`;
}

export const PROFILE_UNKNOWN = 'Booted in a way this menu does not know; an administrator may have done so.';

/** Title of a console log. */
export function logTitle(domain: string): string {
  return `Console log: ${domain}`;
}

/** The boot that the lines below belong to. */
export function bootSentence(boot: MenuBoot | null): string {
  if (boot === null) return 'From before the first boot that is known';
  const when = boot.began === null ? 'from before your time' : `of ${moment(boot.began)} UTC`;
  return `Boot ${when}, ${boot.profile}`;
}

/** The row between the lines of two boots. */
export function bootRow(boot: MenuBoot): string {
  return `-- ${bootSentence(boot)} --`;
}

export function logOff(since: number | null): string {
  return `Switched off${since === null ? '' : ` since ${moment(since)} UTC`}: console output is not kept.`;
}

export const LOG_IN_MEMORY = 'From memory, the last 256 KiB: the host has no log on its disk just now.';
export const LOG_EMPTY = 'Nothing was said yet.';
export const LOG_FOLLOWS = 'following';
export const LOG_SEARCHES = 'searching ...';
export const LOG_END = 'end';
export const LOG_START = 'beginning';
export const LOG_BEGINS = 'This is where it begins.';
export const LOG_NO_EARLIER = 'There is no earlier boot in it.';
export const LOG_NO_LATER = 'There is no later boot.';
export const LOG_NOTHING_SOUGHT = 'Nothing was looked for yet: / and a text, then Enter.';

export function logNotFound(text: string): string {
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `There is no more "${shown}" in that direction. n looks further back, N further on.`;
}

export function logSwitchTitle(domain: string, keep: boolean): string {
  return `Switch the log ${keep ? 'on' : 'off'}: ${domain}`;
}

export function logSwitchSentence(domain: string, keep: boolean): string {
  return keep
    ? `The output of the console of ${domain} is kept again.`
    : `The output of the console of ${domain} is kept no longer, until you switch it on again. Older output stays until it is too old.`;
}

/** About the customer's keys. */
export const KEY_IN_USE = 'in use now';
export const ONLY_KEY = 'This is your only key. Add another one first, or you could not come back.';
export const KEY_PASTE = 'Paste the public key, one line, such as: ssh-ed25519 AAAA… you@laptop';
export const KEY_PASTE_WHERE = 'It is in the file whose name ends in .pub. Enter adds it, Esc goes back.';
export const KEY_PRIVATE =
  'That was a PRIVATE key: nobody but you may have it. It is neither shown nor kept here. ' +
  'As it has left your machine, make a new one. Paste the .pub file instead. Press Esc first.';
const KEY_NOT_SHOWN = 'not shown: this does not look like a public key';
export const KEY_DISCARDING = 'What comes is thrown away. Press Esc.';
export const KEY_TOO_LONG = 'That is too long for a key.';

export function keyDates({
  addedAt,
  lastUsedAt,
  expiresAt,
}: Pick<MenuKey, 'addedAt' | 'lastUsedAt' | 'expiresAt'>): string {
  const used = lastUsedAt === null ? 'never used' : `used ${moment(lastUsedAt)}`;
  const expires = expiresAt === null ? '' : `, expires ${moment(expiresAt)}`;
  const zone = lastUsedAt === null && expiresAt === null ? '' : ' UTC';
  return `added ${day(addedAt)}, ${used}${expires}${zone}`;
}

export function hiddenCharacters(count: number): string {
  return `${count} ${count === 1 ? 'character' : 'characters'}, ${KEY_NOT_SHOWN}`;
}

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

/**
 * A tab separates two things in a line; without room for both they become two lines.
 *
 * @param escape the name of the key that leaves a console
 */
export const help = (escape: string): readonly string[] => [
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
  'Up, Down, PgUp, PgDn, Home, End   scroll\tf   follow what comes',
  '[ and ]  the boot before, the boot after\to   switch it off or on',
  '/  look for a text, from here back; n looks further back, N further on',
  'Colours are left out; other codes for a terminal are shown, not obeyed.',
  '',
  'ON AND OFF',
  'Shut down asks the system on the server to stop, as its own power button would. ' +
    'Power off cuts the power: use it when the server does not listen any more.',
  'While a server is shutting down, p powers it off at once.',
  'Work that is under way continues when you leave. Come back at any time and look.',
  '',
  'RESCUE',
  'When your server does not boot or does not let you in, Rescue boot starts another, small system on it. ' +
    'There you can mount your disks and mend them. ' +
    'Normal boot brings your own system back.',
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
  no: 'Nothing was done.',
  notThere: 'There is no such choice.',
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
    `In the console, ${escape} and then . brings you back here. e chooses another key for it.`,
    'Shut down asks the system on the server to stop; power off cuts the power.',
    'Rescue boot starts a small system to repair yours; normal boot goes back.',
    'Work that is under way continues when you leave.',
  ];
}

/** Memory, VCPUs and load as one line. */
export function plainFacts(
  memoryMiB: number | null,
  vcpus: number | null,
  cpuPercent: number | null,
): string {
  return [
    `${FACTS.memory} ${memoryWord(memoryMiB)}`,
    `${FACTS.vcpus} ${countWord(vcpus)}`,
    `${FACTS.cpu} ${percentWord(cpuPercent)}`,
  ].join(', ');
}

export function plainState(domain: string, state: string): string {
  return `${domain} is ${state}.`;
}

export function plainDomain(domain: string, state: string, boot: string): string {
  return `${domain}: ${state}, boot ${boot}`;
}
