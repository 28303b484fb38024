declare const brand: unique symbol;

/** A Xen guest, named by `name=` in its config. Parsed once, at the border; case-sensitive. */
export type DomainName = string & { readonly [brand]: 'DomainName' };

/** A customer's login name. */
export type CustomerName = string & { readonly [brand]: 'CustomerName' };

/** How a domain is booted: `normal` is its own config; the others are dom0's profiles. */
export type BootProfileName = string & { readonly [brand]: 'BootProfileName' };

/** A system image of a host, which an admin offers for a reinstallation: `debian-12`. */
export type ImageName = string & { readonly [brand]: 'ImageName' };

/** A parameter of a boot profile's command line, which an admin sets for each domain: `install-suite`. */
export type ParameterName = string & { readonly [brand]: 'ParameterName' };

/** The name that an admin gives a CA whose certificates let customers in. */
export type AuthorityName = string & { readonly [brand]: 'AuthorityName' };

/** An OpenSSH key fingerprint, `SHA256:` and 43 base64 characters without padding. */
export type Fingerprint = string & { readonly [brand]: 'Fingerprint' };

/** Words of the exec grammar. No domain or customer may have such a name. */
export const RESERVED_WORDS = ['list', 'keys', 'activity', 'help', 'admin', 'menu'] as const;

/** The profile that is the domain's own configuration. */
export const NORMAL = 'normal' as BootProfileName;

/** The profile shown when an admin booted the domain otherwise, with none of dom0's profiles. */
export const UNKNOWN_PROFILE = 'unknown' as BootProfileName;

/**
 * `${domain}` in a command line stands for the domain's own name. Nobody can declare or set this parameter.
 */
export const DOMAIN_PARAMETER = 'domain';

const DOMAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$/;
const CUSTOMER_NAME = /^[a-z_][a-z0-9_.-]{0,31}$/;
const PROFILE_NAME = /^[a-z][a-z0-9-]{0,31}$/;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const ALL_DIGITS = /^[0-9]+$/;

function isReserved(text: string): boolean {
  return (RESERVED_WORDS as readonly string[]).includes(text.toLowerCase());
}

/**
 * @returns undefined when the text is not a domain's name. `xl` takes all-digit names for domids, and names
 * that begin with `-` for options, so both are refused. Domain-0 is never a guest.
 */
export function parseDomainName(text: string): DomainName | undefined {
  if (!DOMAIN_NAME.test(text) || ALL_DIGITS.test(text) || isReserved(text)) return undefined;
  if (text === 'Domain-0') return undefined;
  return text as DomainName;
}

/** @returns undefined when the text is not a customer's login, which is lower case, as Unix logins are */
export function parseCustomerName(text: string): CustomerName | undefined {
  if (!CUSTOMER_NAME.test(text) || isReserved(text)) return undefined;
  return text as CustomerName;
}

/** @returns undefined when the text is not a boot profile's name */
export function parseBootProfileName(text: string): BootProfileName | undefined {
  return PROFILE_NAME.test(text) ? (text as BootProfileName) : undefined;
}

/** @returns undefined when the text is not the name of a system image */
export function parseImageName(text: string): ImageName | undefined {
  return PROFILE_NAME.test(text) ? (text as ImageName) : undefined;
}

/** @returns undefined when the text is not a parameter's name, or is the built-in one */
export function parseParameterName(text: string): ParameterName | undefined {
  return PROFILE_NAME.test(text) && text !== DOMAIN_PARAMETER ? (text as ParameterName) : undefined;
}

/** @returns undefined when the text is not a CA's name */
export function parseAuthorityName(text: string): AuthorityName | undefined {
  return PROFILE_NAME.test(text) ? (text as AuthorityName) : undefined;
}

/** @returns undefined when the text is not an OpenSSH SHA256 fingerprint */
export function parseFingerprint(text: string): Fingerprint | undefined {
  return FINGERPRINT.test(text) ? (text as Fingerprint) : undefined;
}
