/** What the dom0 half logs, by level: the name of the event, then what it means and what to do. */
export const DOM0_LOG_EVENTS = {
  fatal: {
    'dom0.not-started': 'The dom0 half cannot start; `reason` says why. Mend that and start it again.',
  },
  error: {
    'admin.act-not-journaled':
      'The journal lacks an act of root by a command. Look for a full or read-only disk; see `err`.',
    'api.connection-not-accepted':
      'A connection of the gate could not be accepted. Others are. Look at the open files of the process and at `err`.',
    'api.fault': 'A fault ended one request of the gate and no other. Report the fault in `err`.',
    'configs.fault':
      'A configuration could not be read, by a fault. It is tried again. Report the fault in `err`.',
    'console-log.fault':
      'A fault while a console log was written. Output may be missing. Report the fault in `err`.',
    'dom0.not-resumed':
      'Operations of before could not be gone on with. Restart the half; report the fault in `err`.',
    'journal.contradicts-itself':
      'The journal is not as it was written; `problem` says where. The half goes on with what is sound. Look who changed `file`.',
    'journal.name-not-restored':
      'The journal could not be given its name back. It is written on. Look at the disk; see `err`.',
    'journal.not-rotated':
      'The journal could not be set aside. It grows, and it is tried again. Look at the disk; see `err`.',
    'journal.unwritable':
      'The journal cannot be written, so changes are refused. Look for a full or read-only disk; see `err`.',
    'names.memory-lost':
      'Which domains there were is forgotten: the file cannot be read. One that came back may look new. See `err`.',
    'names.memory-unwritable':
      'Which domains there are cannot be written. It is tried again. Look for a full or read-only disk.',
    'observer.fault':
      'A fault while the half looked at the domains. It looks again. Report the fault in `err`.',
    'operation.fault': 'A fault ended one operation. Look at the domain; report the fault in `err`.',
    'operation.not-undone':
      'A domain that was not made to the end cannot be removed; `why` says it. It is tried again. Look with `xl list`.',
    'rescue.end-fault':
      'A fault while a rescue was to be ended. It is tried again. Report the fault in `err`.',
    'rescue.void-not-journaled':
      'The journal does not say that the end of a rescue is void. Look for a full or read-only disk.',
    'seed.unwritable':
      'A seed disk cannot be made, so the boot was refused. Look at the disk and at xorriso; see `err`.',
    'settings.refused':
      'A reload found `problems` in dom0.yaml. The settings of before are in force. Mend the file and reload.',
    'state.unwritable':
      'The state directory cannot be made. Lists and consoles work, changes are refused. Look at the disk; see `err`.',
    'toolstack.silent': 'The toolstack gives no list of the domains; `detail` says why. It is asked again.',
    'transcript.unwritable':
      'The output of xl cannot be written, so a domain was not made. Look for a full or read-only disk; see `err`.',
  },
  warn: {
    'configs.memory-lost':
      'The half has forgotten the configurations: its file of them cannot be read. They are all read again. See `err`.',
    'configs.memory-unwritable':
      'The half cannot write down the configurations. The next start reads them all. Look for a full or read-only disk.',
    'configs.not-read':
      'A configuration was not read; `detail` says why. It is tried again. Try it yourself: `xl create -n FILE`.',
    'console-log.torn': 'The torn end of a console log was cut off, as after a crash. The rest is whole.',
    'console-log.unreadable': 'The console log of a domain cannot be read; see `err`.',
    'console-log.unwritable':
      'The console log cannot be written. Its output is lost meanwhile. Look for a full or read-only disk.',
    'console-logs.not-tidied': 'Old console logs could not be removed. It is tried again; see `err`.',
    'console.no-pty':
      'A console could not be opened: there is no terminal for it. It is tried again; see `err`.',
    'console.not-attached':
      'A domain was made, and its console could not be read from the first byte. `attached` says what came of it.',
    'disk.said-whole': 'An admin said that a disk is whole, though its image was not written to the end.',
    'domain.unmanaged':
      'A configuration is not managed; `why` says it. Mend `file` if a customer should have the domain.',
    'domains.missing':
      'Some domains cannot be managed now: their configuration is gone or unreadable. Mend what `missing` names.',
    'journal.torn-line-ended':
      'The last record of the journal was torn, as after a crash. It was never in force.',
    'operation.create-hung': 'An `xl create` of before hung and was killed. The domain is undone.',
    'operation.stranger-undone':
      'A domain came to be under another name than asked for, and was removed. Look at its configuration.',
    'log.left-out':
      'Lines of `event` come faster than one a second, and `lines` of them were left out. Look in the others who causes them.',
    'rescue.no-host-key':
      'The SSH host key of a rescue system could not be asked. Nobody is shown it; see `err`.',
    'rescue.not-ended': 'A rescue is over, and could not be ended. It is tried again. Look at the domain.',
    'screens.worker-lost': 'The process that draws screens is lost; `reason` says why. They are drawn anew.',
    'seed.not-tidied': 'Seed disks that nobody needs could not be removed. It is tried again; see `err`.',
    'settings.wait-for-restart':
      'The `settings` named have changed in dom0.yaml and wait for a restart of the half.',
    'states.memory-lost':
      'The half has forgotten the states of domains: its file of them cannot be read. They are looked at anew. See `err`.',
    'toolstack.no-long-listing':
      'The toolstack did not tell the details of a domain; `detail` says why. It is asked again.',
    'toolstack.no-uptimes': 'The toolstack did not tell how long domains run; `detail` says why.',
    'transcripts.not-prepared':
      'There is no place for what xl says. Look for a full or read-only disk; see `err`.',
    'transcripts.not-removed':
      'The output of xl for an operation that is over could not be removed; see `err`.',
    'transcripts.not-swept': 'The output of xl for earlier operations could not be removed; see `err`.',
    'usage.no-xentop':
      'The use of domains is not known: xentop does not answer; `why` says it. It is asked again.',
  },
  info: {
    'admin.act': 'Root did something with a command on this host.',
    'console-log.removed': 'The console log of a domain that is gone was removed.',
    'console-log.set-aside': 'The domain is gone, and its console log is set aside.',
    'console-log.switched': 'Somebody switched a console log on or off.',
    'console-log.writable': 'The console log is written again.',
    'dom0.listening': 'The dom0 half serves: its `socket`, its `version` and how many `domains` it manages.',
    'journal.rotated': 'The journal was set aside as `file`, and a new one begun.',
    'journal.writable': 'The journal can be written again.',
    'operation.ended': 'An operation has ended: its `phase`, and why it was `refused`.',
    'operation.requested': 'The gate asked for an operation, for whom is `claimed`.',
    'operation.resumed': 'An operation of before a restart goes on, at `step`.',
    'operation.withdrawn': 'The gate took an operation back.',
    'rescue.end-void': 'A rescue has no end any more; `why` says it.',
    'rescue.extended': 'A rescue may last longer.',
    'settings.reloaded':
      'A reload has read dom0.yaml, and what it can take is in force; the log has the level `logLevel` now.',
    'toolstack.answers': 'The toolstack answers again.',
    'usage.xentop-answers': 'xentop answers again.',
  },
  debug: {
    'console.ended': 'The program of the toolstack that reads a console has ended.',
    'states.memory-unwritable': 'The states of domains could not be written. It is tried again.',
  },
} as const;
