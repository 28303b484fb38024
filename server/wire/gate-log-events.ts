/** What the gate logs, by level: the name of the event, then what it means and what to do. */
export const GATE_LOG_EVENTS = {
  fatal: {
    'gate.not-started': 'The gate cannot start; `reason` says why. Mend that and start it again.',
    'worker.not-started': 'A worker cannot start; `reason` says why. The coordinator tries another.',
  },
  error: {
    'audit.unwritable':
      'The audit log cannot be written: `kind` is not recorded, and changes are refused. Look for a full or read-only disk.',
    'connection.fault': 'A fault ended one connection and no other. Report the fault in `err`.',
    'connection.not-accepted':
      'A connection could not be accepted. Others are. Look at the open files of the process and at `err`.',
    'control.connection-not-accepted':
      "A connection of an admin's command could not be accepted. Try the command again; `err` says why.",
    'control.request-failed': "A fault ended one request of an admin's command. Report the fault in `err`.",
    'crash.not-recorded':
      'A crash cannot be recorded yet, as the audit log cannot be written. It is tried again.',
    'domain.waits-for-retirement':
      'The domain is gone, and so are too many others. Decide: `postern domain retire` or `postern domain keep`.',
    'domains.not-recorded':
      'Which domains there are cannot be recorded yet. It is tried again. Look for a full or read-only disk.',
    'host-keys.not-reloaded': 'The host keys stay as they were; `why` says what is wrong with the new ones.',
    'host.domains-missing':
      'The host cannot find or read the configuration of some domains. Nobody loses them by that. Mend what `missing` names.',
    'host.not-remembered':
      'The state of the host cannot be written. It is tried again. Look for a full or read-only disk.',
    'key.use-not-noted': 'When a key was last used could not be written. Look for a full or read-only disk.',
    'listener.fault':
      'A part of the gate that listens to `to` failed. The others have heard. Report the fault in `err`.',
    'login.lookup-failed':
      'A login could not be looked up and was refused. Look for a full or broken disk; see `err`.',
    'maintenance.end-not-recorded':
      'The end of maintenance cannot be recorded in the audit log. It is over all the same.',
    'menu.domain-not-looked-at': 'A domain could not be looked at for the menus. Report the fault in `err`.',
    'menu.domains-not-listed': 'The domains of a menu could not be listed. Report the fault in `err`.',
    'menu.effect-failed':
      'A request of a customer in the menu failed; the menu says so. Report the fault in `err`.',
    'menu.not-refreshed': 'A menu could not be made anew. Report the fault in `err`.',
    'metrics.connection-not-accepted': 'A connection for the metrics could not be accepted. `err` says why.',
    'metrics.not-served':
      'Metrics are not served; `why` says it. The gate works. Change `metrics:` and restart it.',
    'notice.channel-fault':
      'A notice channel failed by a fault. The notice is tried again. Report the fault in `err`.',
    'notice.given-up':
      'A notice could not be sent for days and is given up; `why` says it. `postern notice list` shows it.',
    'notices.expiry-not-checked':
      'Nobody looked for what expires soon. It is tried again. Report the fault in `err`.',
    'notices.not-made':
      'Notices could not be made of the audit log. It is tried again. Report the fault in `err`.',
    'notices.not-sent': 'A channel could not send its notices. It is tried again. Report the fault in `err`.',
    'operation.grounds-not-kept':
      'The grounds of an operation cannot be written, so it was refused. Look for a full or read-only disk.',
    'operation.outcome-not-recorded':
      'The outcome of an operation cannot be recorded yet. It is tried again. Look for a full or read-only disk.',
    'policy.broken':
      'The policy cannot be used. The one accepted last is in force. Mend the files: `postern policy check`.',
    'policy.copy-passed-over': 'An accepted policy cannot be read and was passed over; `why` says it.',
    'policy.not-accepted':
      'The policy has a `problem` and is not accepted. The one before stays in force. Mend it: `postern policy check`.',
    'policy.not-kept':
      'The policy is in force, but cannot be kept for the next start. Look for a full or read-only disk.',
    'recording.failed':
      'A visit to a console cannot be recorded. Look for a full or read-only disk; see `err`.',
    'recording.removal-not-recorded':
      'A recording was removed, and the audit log does not say so: it cannot be written.',
    'recordings.not-mended': 'Recordings of before could not be mended. They stay as they are; see `err`.',
    'recordings.not-tidied': 'Recordings could not be tidied. It is tried again; see `err`.',
    'rescue.end-not-recorded':
      'The end of a rescue cannot be recorded yet. It is tried again. Look for a full or read-only disk.',
    'revoked-keys.unreadable':
      'The list of revoked keys cannot be read. Nobody logs in with a certificate until it can. Mend `file`; see `problem`.',
    'right.not-checked':
      'Whether a right still holds could not be asked. It is asked again before anything is done. See `err`.',
    'roles.not-removed':
      'Roles whose time is over cannot be removed yet. They count for nothing. Look for a full or read-only disk.',
    'session.fault': 'A fault ended one session and no other. Report the fault in `err`.',
    'session.not-admitted': 'A session could not be admitted and was refused. Report the fault in `err`.',
    'session.not-told': 'A session could not be told what has changed. Report the fault in `err`.',
    'session.rude-end': 'A session could not end by itself and was ended. Report the fault in `err`.',
    'ssh.library-unknown':
      'This is not the ssh2 that the gate was written for: all connections are refused. Install Postern anew.',
    'usage.not-opened': 'The use of domains is not recorded, and there are no graphs; `why` says it.',
    'worker.ended': 'A worker has ended, with its sessions; `how` says it. Another one starts.',
    'worker.hung': 'A worker gave no answer and is killed. Another one starts. Report it if it comes again.',
    'worker.not-tidied': 'The remains of a worker could not be tidied. Report the fault in `err`.',
    'worker.orphaned':
      'The coordinator has gone: the worker ends its sessions. systemd starts the gate again.',
  },
  warn: {
    'connection.broke-protocol':
      'A client broke the rules of SSH, and its connection was ended. `client` says how.',
    'connections.turned-away':
      '`count` connections were closed at once since the line before; `reason` says why. This may be a flood.',
    'console.lost': 'A console was lost; `reason` says why. The gate connects again.',
    'counter.went-back':
      'The counter of a security key went back: there may be a copy of the key. Ask the customer, and revoke it.',
    'domain.held':
      'The name went and came back: its roles do not count. If it is the same domain, say so: `postern domain adopt`.',
    'gate.few-files':
      'The gate may open too few files for its connections. `why` says what to raise or lower.',
    'host-key.unused': 'A host key is not used; `why` says it.',
    'host.unreachable':
      'The host cannot be reached; `reason` says why. Look at its dom0 half: `postern doctor`.',
    'login.too-often':
      'A customer logs in and opens sessions too fast, and was refused. Ask the customer what the program does.',
    'notice.not-sent': 'A notice could not be sent yet; `why` says it. It is tried again.',
    'operation.grounds-not-removed':
      'The grounds of an operation that has ended cannot be removed. Look for a full or read-only disk.',
    'operation.uncertain':
      'A host gave no clear answer to an operation; `detail` says what it gave. The gate asks it again.',
    'operation.unknown': 'A host could not be asked what became of an operation. It is asked again.',
    'policy.warnings': 'The policy is sound, but has `warnings`. Read them, and change the policy.',
    'recording.mended': 'A recording was not ended, as after a crash. Its torn end was cut off.',
    'source.penalised': 'An address has too many refused logins and is refused for `seconds`.',
    'ssh.native-part-missing':
      "ssh2's native part is missing: encryption costs more CPU time. Install Postern anew, or see `postern doctor`.",
    'usage.began-anew':
      'The file of what domains use was broken or of another version, and was made anew; `why` says it.',
    'usage.not-written': 'The use of domains cannot be written; `why` says it. The graphs have a gap.',
    'withdrawal.not-yet':
      'An operation whose right is lost could not be taken back yet. The host is asked again.',
    'withdrawal.too-late':
      'The right to an operation is lost, but it had begun, so it goes on. `why` says what was lost.',
    'worker.sessions-lost': '`sessions` and `connections` ended with their worker. The audit log says so.',
  },
  info: {
    'audit.mark':
      'The number and hash of a row of the audit log, in `mark`. `postern audit verify --mark` compares.',
    'connection.closed': 'Somebody who had logged in has gone, after `seconds`.',
    'connection.failed': 'A connection broke; `reason` says how.',
    'domain.retired': 'The domain is gone from all hosts and is retired.',
    'gate.listening': 'The gate serves: its `addresses` and `version`.',
    'host-keys.reloaded': 'Other host keys were read; `announced` are their fingerprints.',
    'host.domains-complete': 'The host has the configuration of all its domains again.',
    'host.reachable': 'The host answers, and has so many `domains`.',
    'login.accepted': 'A customer has logged in, from `source`.',
    'login.refused': 'A login was refused; `because` says why. `source` is the address.',
    'metrics.listening': 'Metrics are served on `listen`.',
    'policy.in-force': 'The policy of `revision` is in force.',
    'revoked-keys.read': 'The list of revoked keys was read anew.',
    'right.lost': 'Something ended because the right to it was taken away.',
    'session.closed': 'A session has ended.',
    'session.opened': 'A session was opened: `what` it is, and its `command`.',
    'withdrawal.done': 'An operation whose right was lost was taken back.',
    'withdrawal.void': 'An operation whose right was lost had ended before it could be taken back.',
    'worker.ready': 'A worker takes connections.',
  },
  debug: {
    'connection.farewell-unsent': 'The last message to a client could not be sent.',
    'login.timed-out': 'A stranger did not log in in time.',
  },
} as const;
