import type { Entry } from './entries.js';

/** The words of the customers' commands that the menus take too. */

/** Other names of verbs: Xen's, and those of other consoles. */
export const VERB_ALIASES = [
  ['destroy', 'poweroff'],
  ['restart', 'reboot'],
  ['stop', 'shutdown'],
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
