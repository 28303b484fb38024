import type { MissingReason } from '../../wire/domain.js';

/** Why a host lacks a domain's configuration, for admins. */
const MISSING: Readonly<Record<MissingReason, string>> = {
  unreadable: 'its configuration file cannot be read',
  directory: 'the directory of its configuration file cannot be read, or is not there',
  empty: 'no configuration file at all is left where its own was',
  device: 'another file system is where its configuration file was: is one not mounted?',
  unmatched: 'its configuration file is there, and no glob in dom0.yaml matches it',
  unusable: 'its configuration file is there, and is no sound one',
  unread: 'the toolstack has not read its configuration file yet',
  twice: 'several configuration files have its name',
  many: 'its configuration file is gone, and so are too many others at once',
};

/** The reason, with the host's note. */
export function missingText({ why, note }: { readonly why: MissingReason; readonly note?: string }): string {
  return note === undefined ? MISSING[why] : `${MISSING[why]}: ${note}`;
}
