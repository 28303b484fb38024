/** What a notice can be about. Settings choose among them, and receivers read them. */
export const NOTICE_KINDS = [
  'new-key',
  'key-copy',
  'new-network',
  'rescue',
  'reinstall',
  'power',
  'crash',
  'console',
  'role',
  'expiry',
] as const;

export type NoticeKind = (typeof NOTICE_KINDS)[number];
