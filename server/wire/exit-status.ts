/** The exit statuses of commands: a customer's by exec (docs/design.md, Flows), and an admin's. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  noSuch: 4,
  busy: 5,
  hostUnreachable: 6,
} as const;
