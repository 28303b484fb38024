import { MAIL_ADDRESS_WORDS, parseMailAddress } from '../policy/mail-address.js';
import { NOTICE_KINDS } from '../policy/notice-kinds.js';
import type { NoticeKind } from '../policy/notice-kinds.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { GateDocument } from './gate-schema.js';
import type { SettingsReader } from './settings-reader.js';

type Program = readonly [file: string, ...args: string[]];

/** `notices:` of gate.yaml after loading. */
export interface NoticeSettings {
  readonly mail: { readonly sendmail: Program; readonly from: string | null; readonly perHour: number };
  readonly customers: boolean;
  readonly channels: readonly NoticeChannelSettings[];
}

interface NoticeChannelSettings {
  readonly name: string;
  readonly kinds: readonly NoticeKind[];
  readonly way:
    | { readonly way: 'command'; readonly command: Program }
    | { readonly way: 'webhook'; readonly url: string; readonly secretFile: string }
    | { readonly way: 'mail'; readonly to: readonly string[] };
}

/** Names of the channels that lead to customers. */
const CUSTOMERS: readonly string[] = ['customers', 'codes'];

const WAYS = ['command', 'webhook', 'mail'] as const;

/**
 * Reads what a schema cannot check: programs, addresses, and that each channel has one way.
 *
 * @param document as it was found: where the schema check has found a fault, it may be anything
 */
export function noticeSettings(
  document: GateDocument['notices'] | undefined,
  reader: SettingsReader,
): NoticeSettings {
  const mail: DocumentPath = ['notices', 'mail'];
  const from = reader.orNull([...mail, 'from'], (path) => mailAddress(path, reader));
  const found = reader.list(['notices', 'channels'], (path) => ({
    path,
    name: reader.text([...path, 'name']),
  }));
  reader.unique(
    found,
    ({ path }) => [...path, 'name'],
    ({ name }) => name,
    'The channel',
  );
  const customers = reader.flag(['notices', 'customers']);
  if (customers && from === null)
    reader.error(
      ['notices', 'customers'],
      'Customers cannot be told: notices.mail.from is not set.',
      MAIL_ADDRESS_WORDS,
    );
  for (const { path, name } of found)
    if (CUSTOMERS.includes(name))
      reader.error([...path, 'name'], `"${name}" is the name of the customers' own channel.`, 'another name');
  return {
    customers,
    mail: {
      sendmail: program([...mail, 'sendmail'], reader),
      from,
      perHour: document?.mail.perHour ?? 1,
    },
    channels: found.map(({ path, name }) => ({
      name,
      kinds: kinds(path, reader),
      way: way(path, from, reader),
    })),
  };
}

function kinds(path: DocumentPath, reader: SettingsReader): readonly NoticeKind[] {
  if (!reader.has([...path, 'kinds'])) return NOTICE_KINDS;
  const named = reader.list([...path, 'kinds'], (kind) => reader.text(kind));
  return NOTICE_KINDS.filter((kind) => named.includes(kind));
}

function way(path: DocumentPath, from: string | null, reader: SettingsReader): NoticeChannelSettings['way'] {
  const ways = WAYS.filter((each) => reader.has([...path, each]));
  const [first = 'command'] = ways;
  if (ways.length !== 1)
    reader.error(
      path,
      ways.length === 0
        ? 'The channel does not say how it is told.'
        : `The channel has ${ways.join(' and ')}.`,
      'one of command, webhook and mail',
    );
  const isSigned = reader.has([...path, 'secretFile']);
  if (isSigned && ways.length === 1 && first !== 'webhook')
    reader.error([...path, 'secretFile'], 'Only a webhook has a secret.');
  switch (first) {
    case 'webhook':
      if (!isSigned)
        reader.error(path, 'The webhook has no secretFile, so nobody could tell who sent a message.');
      return {
        way: 'webhook',
        url: webhook([...path, 'webhook'], reader),
        secretFile: isSigned ? reader.path([...path, 'secretFile']) : '',
      };
    case 'mail':
      if (from === null)
        reader.error(
          [...path, 'mail'],
          'No mail can be sent: notices.mail.from is not set.',
          MAIL_ADDRESS_WORDS,
        );
      return { way: 'mail', to: reader.list([...path, 'mail'], (each) => mailAddress(each, reader)) };
    case 'command':
      return { way: 'command', command: program([...path, 'command'], reader) };
  }
}

function mailAddress(path: DocumentPath, reader: SettingsReader): string {
  const text = reader.text(path);
  const address = parseMailAddress(text);
  if (address === undefined && text !== '')
    reader.error(path, `"${text}" is not taken as an address.`, MAIL_ADDRESS_WORDS);
  return address ?? text;
}

function program(path: DocumentPath, reader: SettingsReader): Program {
  const parts = reader.list(path, (part) =>
    part.at(-1) === '0' ? reader.absolute(part) : reader.line(part),
  );
  const [file = '', ...args] = parts;
  return [file, ...args];
}

/** Without TLS anybody on the way could read and change what is told, so it stays on this machine. */
function webhook(path: DocumentPath, reader: SettingsReader): string {
  const text = reader.text(path);
  if (text === '') return text;
  const expected = 'https://hooks.example.net/postern, or http://127.0.0.1:8080/ for this machine itself';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    reader.error(path, `"${text}" is no web address.`, expected);
  else if (url.username !== '' || url.password !== '')
    reader.error(path, 'The address has a name or a password in it.', 'the secret in secretFile');
  else if (url.protocol === 'http:' && !/^(127\.[0-9.]+|\[::1\]|localhost)$/.test(url.hostname))
    reader.error(path, `"${text}" would go over the network in the clear.`, expected);
  return text;
}
