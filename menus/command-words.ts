import type { Entry } from './entries.js';

/** The words of the customers' commands that the menus take too. */

/** Other names of verbs: Xen's, and those of other consoles. */
export const VERB_ALIASES = [
  ['destroy', 'poweroff'],
  ['restart', 'reboot'],
  ['stop', 'shutdown'],
] as const;

/** Other names of commands that are about no server. */
export const COMMAND_ALIASES = [
  ['ls', 'list'],
  ['--help', 'help'],
] as const;

const PAGE_WORDS = { keys: 'keys', notices: 'notify', activity: 'activity', help: 'help' } as const;
const NOTICE_TEXT_WORDS = { address: 'mail', confirm: 'confirm' } as const;

/** The words of a choice on its page: those that follow in the command by exec. */
export function wordsOf({ choice }: Entry): readonly string[] {
  switch (choice.choose) {
    case 'domain':
      return [choice.domain];
    case 'action':
      return [choice.action];
    case 'profile':
      return [
        choice.profile,
        ...Object.entries(choice.values ?? {}).map(([name, value]) => `${name}=${value}`),
      ];
    case 'image':
      return [choice.image];
    case 'key':
      return ['remove', choice.fingerprint];
    case 'add-key':
      return ['add'];
    case 'page':
      return [PAGE_WORDS[choice.page]];
    case 'notices':
      return [choice.change];
    case 'notice-text':
      return [NOTICE_TEXT_WORDS[choice.of]];
    case 'quit':
      return ['quit'];
  }
}

/**
 * Says where a command is taken that is none of the menu's.
 *
 * @param escape the name of the key that leaves a console
 * @returns null when the line is no such command
 */
export function byCommandOnly(line: string, escape: string): string | null {
  const words = line.split(/\s+/).filter((word) => word !== '');
  switch (words[0]) {
    case 'menu':
      return 'This is the menu.';
    case 'escape':
      return `${escape} and then . leaves a console. e chooses another key here; ssh NAME@HOST escape KEY takes any.`;
    case 'recording':
      return 'A recording is a file. Fetch it by command: ssh NAME@HOST recording ID.';
    default:
      return words.some((word) => /^-[-a-z]/.test(word)) ? OPTIONS_BY_COMMAND : null;
  }
}

const OPTIONS_BY_COMMAND =
  'Options such as --json are for commands: ssh NAME@HOST COMMAND. Leave them out here.';
