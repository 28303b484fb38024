/**
 * The longest texts that cross the socket, by kind. dom0 cuts its texts to them, and so does the reader. In
 * characters; the reader counts UTF-16 units.
 */
export const TEXT_LIMITS = {
  /** A host's name, for people. */
  host: 63,
  /** The title of a boot profile or a parameter, in a menu row. */
  title: 60,
  /** A sentence for customers or admins. */
  sentence: 300,
  /** The detail of a refusal, for an admin who reads the log. */
  detail: 1000,
  /** The name that others see for an attachment. */
  label: 64,
  /** A file's name without its directory: NAME_MAX of Linux. */
  file: 255,
  /** Why a file or a name is not managed, in the toolstack's words. */
  reason: 600,
  /** A line of a screen: combining characters make it longer than the screen is wide. */
  screenLine: 1000,
} as const;

/** The most bytes of a Unix socket's path: sockaddr_un holds 108 with the final NUL (unix(7)). */
export const LONGEST_SOCKET_PATH = 107;
