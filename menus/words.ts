import type { Recorded } from '../policy/recorded.js';
import type { OperateAction, Setting } from './port.js';

/** The other sentences of the menus. Short sentences; a "server" is the code's domain. */

/** Labels of choices. */
export const ACTION_LABELS: Readonly<Record<OperateAction | 'console' | 'watch' | 'log' | 'extend', string>> =
  {
    console: 'Console',
    start: 'Start',
    shutdown: 'Shut down',
    poweroff: 'Power off',
    reboot: 'Reboot',
    rescue: 'Rescue boot',
    normal: 'Normal boot',
    reinstall: 'Reinstall',
    watch: 'Watch console',
    log: 'Console log',
    extend: 'One more hour',
  };

const ACTION_HINTS: Readonly<Record<OperateAction | 'log' | 'extend', string>> = {
  start: 'switch the server on',
  shutdown: 'ask the server to shut down',
  poweroff: 'cut the power at once',
  reboot: 'shut down and start again',
  rescue: 'boot a small system to repair this one',
  normal: 'back from rescue to its own system',
  reinstall: 'erase its disk, install a new system',
  log: 'its output, also while nobody watched',
  extend: 'the rescue ends later',
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
  action: OperateAction | 'console' | 'watch' | 'log' | 'extend',
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
  reinstall: 'Reinstall',
  keys: 'Your SSH keys',
  addKey: 'Add an SSH key',
  activity: 'Your activity, times in UTC',
  help: 'Help',
  motd: 'News',
  welcome: 'Welcome',
} as const;

export function escapeChosen(escape: string): string {
  return `${escape} and then . leaves a console from now on.`;
}

/** Beside a choice when the page gives the reason. */
export const NOT_NOW = 'not now';
export const MAINTENANCE_OVER = 'Maintenance is over.';
export const NO_SERVERS = 'You have no servers here.';
export const LOADING = 'one moment …';
export const NO_ACTIVITY = 'Nothing yet.';

export function tooSmall(columns: number, rows: number): string {
  return `This window is ${columns}×${rows}. Please make it 40×12 or larger.`;
}

export const YES_OR_NO = 'y yes   n no';
export const YES_CONSOLE_OR_NO = 'y yes   c yes, and its console   n no';
export const QUESTION = 'Do it?';

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

/** In a menu of lines. */
export const PRINTS_ALREADY = 'What you asked for before is not here yet. Please wait for it.';

/** Shown while an action runs. */
export const CALLING = 'connecting to the console …';

export function domainGone(domain: string): string {
  return `${domain} is no longer here for you.`;
}
