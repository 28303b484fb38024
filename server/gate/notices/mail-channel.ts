import { maskedAddress } from '../../../policy/mail-address.js';
import { counted } from '../../../policy/listing.js';
import { printable } from '../../../policy/printable.js';
import type { NoticeMessage, SentNotice } from '../../store/notice-messages.js';
import type { NoticeChannel } from './notice-channel.js';
import { runProgram } from './limited-program.js';

/** The program that takes mail, and who it is from. */
export interface MailSettings {
  readonly sendmail: readonly [file: string, ...args: string[]];
  readonly from: string;
}

interface MailParts {
  readonly name: string;
  readonly site: string;
  readonly mail: MailSettings;
  /** An admin's addresses; null: each message has its own. */
  readonly to: readonly string[] | null;
  readonly perHour: number | null;
  readonly most: number;
  /** The last lines of each mail. */
  readonly footer: readonly string[];
  /** For tests: how long the program may take. Milliseconds. */
  readonly timeLimit?: number;
}

/** Sends mail by a program that takes it on standard input as sendmail(8) does. */
export class MailChannel implements NoticeChannel {
  readonly name: string;
  readonly type = 'mail';
  readonly most: number;
  readonly perHour: number | null;
  readonly #parts: MailParts;

  constructor(parts: MailParts) {
    this.name = parts.name;
    this.most = parts.most;
    this.perHour = parts.perHour;
    this.#parts = parts;
  }

  async deliver(message: NoticeMessage, signal: AbortSignal): Promise<string | null> {
    const { site, mail, to, footer, timeLimit } = this.#parts;
    const { sendmail, from } = mail;
    const receivers = to ?? [message.address];
    const [file, ...given] = sendmail;
    const args = [...given, '-i', '-f', from, '--', ...receivers];
    const input = mailText({ site, from, to: receivers, footer }, message);
    const limit = timeLimit === undefined ? {} : { timeLimit };
    const trouble = await runProgram({ file, args, input, signal, ...limit });
    // Some programs quote the receiver, and what failed is shown to every admin.
    return (
      trouble?.replaceAll(message.address === '' ? '\0' : message.address, maskedAddress(message.address)) ??
      null
    );
  }
}

interface Envelope {
  readonly site: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly footer: readonly string[];
}

/** A mail in ASCII (RFC 5322, 2045, 2047, 3834). Every text is one line before it is put into it. */
function mailText({ site, from, to, footer }: Envelope, message: NoticeMessage): string {
  const { id, customer, notices, more, madeAt } = message;
  const [first] = notices;
  const total = notices.length + more;
  const subject = `[${site}] ${total === 1 && first !== undefined ? first.text : counted(total, 'notice')}`;
  const body = [
    ...notices.map(noticeLine),
    ...(more === 0 ? [] : ['', `And ${counted(more, 'notice')} more.`]),
    '',
    '-- ',
    ...(customer === null ? [] : [`For the account ${customer}.`]),
    ...footer,
  ];
  const headers = [
    `From: <${from}>`,
    `To: ${to.map((address) => `<${address}>`).join(',\n ')}`,
    `Subject: ${encodedWords(printable(subject, 200))}`,
    `Date: ${rfc5322Date(new Date(madeAt))}`,
    `Message-ID: <postern-${id}@${from.split('@')[1] ?? 'localhost'}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
  ];
  const text = body.map((line) => `${printable(line, 900)}\r\n`).join('');
  return `${headers.join('\n')}\n\n${folded(Buffer.from(text).toString('base64'))}\n`;
}

function noticeLine({ at, text, times }: SentNotice): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)} UTC  ${text}${times > 1 ? ` (${times} times)` : ''}`;
}

/** RFC 2047: each word in a line of its own, whole characters, at most 75 of it. */
function encodedWords(text: string): string {
  if (/^[ -~]*$/.test(text) && text.length <= 200 && !text.includes('=?')) return text;
  const words: string[] = [];
  let piece = '';
  for (const character of text) {
    if (Buffer.byteLength(piece + character) > 42) {
      words.push(piece);
      piece = '';
    }
    piece += character;
  }
  words.push(piece);
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\n ');
}

/** RFC 5322 §3.3 takes `+0000`, and not every reader takes the `GMT` of `toUTCString`. */
function rfc5322Date(at: Date): string {
  return at.toUTCString().replace('GMT', '+0000');
}

function folded(base64: string): string {
  return base64.replace(/.{1,76}/g, '$&\n').trimEnd();
}
