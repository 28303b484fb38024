/** What both halves log, by level: the name of the event, then what it means and what to do. */
export const HALF_LOG_EVENTS = {
  fatal: {
    'half.fault':
      'Nobody caught a fault, so this half ends. systemd starts it again. Report the fault in `err`.',
    'half.not-started': 'systemd cannot be told anything, so this half does not start. See `reason`.',
  },
  error: {
    'fault.caught':
      'A fault was caught and ended only the one thing that it belongs to. Report the fault in `err`.',
    'fault.not-answered':
      'A fault was caught, and its connection or work could not be ended. Report the fault in `err`; a restart frees what hangs.',
    'half.not-stopped': 'A fault while this half stopped. It ends all the same. Report the fault in `err`.',
    'service.health-unknown': 'A fault while this half looked at itself. Report the fault in `err`.',
    'service.manager-not-told': 'systemd could not be told how this half is. `errno` says why.',
    'service.stuck': 'This half does not work any more; `why` says it. systemd starts it again.',
  },
  warn: {},
  info: {
    'half.stopping': 'The half was asked to stop, by `signal`.',
  },
  debug: {},
} as const;
