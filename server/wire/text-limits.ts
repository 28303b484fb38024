/**
 * The longest texts that cross the socket, by what they are. dom0 cuts what it says to them, and so does the reader of
 * what it says. Characters; the reader counts UTF-16 units.
 */
export const TEXT_LIMITS = {
  /** A host's name, for people. */
  host: 63,
  /** A boot profile's or a parameter's row in a menu. */
  title: 60,
  /** A sentence for customers or admins. */
  sentence: 300,
  /** What an admin reads of a refusal in the log. */
  detail: 1000,
  /** How an attachment is called to others. */
  label: 64,
  /** A file's name without its directory: NAME_MAX of Linux. */
  file: 255,
  /** Why a file or a name is not managed, in the toolstack's words. */
  reason: 600,
  /** A line of a screen: combining characters make it longer than the screen is wide. */
  screenLine: 1000,
} as const;
