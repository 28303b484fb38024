/** An address for mail, in a form that can be neither an option of a program nor more than one header line. */
export type MailAddress = string & { readonly mailAddress: true };

const LOCAL = /^[A-Za-z0-9_](?:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,62}[A-Za-z0-9_+=~-])?$/;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const MOST = 254;

/** What an address must look like, for sentences. */
export const MAIL_ADDRESS_WORDS =
  'an address like anna@example.net, in ASCII, without a name or brackets around it';

/**
 * @returns undefined when the text is no address (the dot-atom form of RFC 5321 §4.1.2, with a domain of two labels
 * or more, and no address literal)
 */
export function parseMailAddress(text: string): MailAddress | undefined {
  if (text.length > MOST) return undefined;
  const [local = '', domain = '', ...more] = text.split('@');
  if (more.length > 0 || !LOCAL.test(local) || local.includes('..')) return undefined;
  const labels = domain.split('.');
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label))) return undefined;
  if (/^[0-9]+$/.test(labels.at(-1) ?? '')) return undefined;
  return `${local}@${domain.toLowerCase()}` as MailAddress;
}

/** The mailbox that an address most probably leads to: limits count by it. */
export function mailboxOf(address: MailAddress): string {
  const [local = '', domain = ''] = address.toLowerCase().split('@');
  return `${(local.split('+')[0] ?? local).replaceAll('.', '')}@${domain}`;
}

/** For records that stay for ever: the first letter and the domain. */
export function maskedAddress(address: string): string {
  const [local = '', domain = ''] = address.split('@');
  return `${local.slice(0, 1)}…@${domain}`;
}
