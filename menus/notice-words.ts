import type { MenuNotices } from './port.js';
import { moment } from './time-words.js';

/** Sentences about the notices that a customer gets by mail, for the menus. */

export const NOTICES_TITLE = 'Notices by mail';
export const NOTICES_LABEL = 'Notices';
export const NOTICES_HINT = 'mail about what happens here';
export const NOTICES_PLAIN = 'n. Notices';
export const NOTICES_ABOUT =
  'You get mail about new keys, logins from new networks, power-offs by others, rescues and crashes.';

export const NOTICE_LABELS = {
  on: ['Switch on', 'begin again'],
  off: ['Switch off', 'the address is kept'],
  test: ['Send a test', 'now, to this address'],
  forget: ['Forget address', 'and switch off'],
  address: ['Set an address', 'a code is sent there first'],
  confirm: ['Enter the code', 'that came by mail'],
} as const;

export const NOTICE_ASKED = {
  address: 'Type the address for your notices. A code is sent to it.',
  confirm: 'Type the code that came by mail.',
} as const;

export const NOTICE_PROMPTS = {
  address: 'The address, or an empty line to go back: ',
  confirm: 'The code, or an empty line to go back: ',
} as const;

/** What is so now. */
export function noticeSentences({ address, on, asked }: MenuNotices): readonly string[] {
  return [
    address === null
      ? 'Notices are off.'
      : on
        ? `Notices go to ${address}.`
        : `Notices to ${address} are off.`,
    ...(asked === null
      ? []
      : [`A code is on its way to ${asked.address}. It counts until ${moment(asked.until)} UTC.`]),
  ];
}
