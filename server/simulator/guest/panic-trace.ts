/** The kernel's messages when it panics after SysRq-c, from a recording. */
export const PANIC_TRACE: readonly string[] = `\
Kernel panic - not syncing: sysrq triggered crash
CPU: 0 PID: 102 Comm: sh Not tainted 6.1.0-56-cloud-amd64 #1  Debian 6.1.192-2
Call Trace:
 <TASK>
 dump_stack_lvl+0x44/0x5c
 panic+0x118/0x2f4
 ? _printk+0x68/0x83
 sysrq_handle_crash+0x16/0x20
 __handle_sysrq.cold+0x44/0x11c
 write_sysrq_trigger+0x24/0x40
 proc_reg_write+0x56/0xa0
 vfs_write+0xc7/0x3f0
 ksys_write+0x6b/0xf0
 do_syscall_64+0x5d/0x90
 ? syscall_exit_to_user_mode+0x1e/0x40
 ? do_syscall_64+0x69/0x90
 ? terminate_walk+0xee/0x100
 ? __mod_memcg_lruvec_state+0x41/0x90
 ? __mod_lruvec_page_state+0x93/0x140
 ? __xen_set_pte+0xac/0x1e0
 ? do_set_pte+0x18e/0x1e0
 ? filemap_map_pages+0x150/0x710
 ? do_fault+0x1a7/0x410
 ? __handle_mm_fault+0x660/0xfa0
 ? do_syscall_64+0x69/0x90
 ? handle_mm_fault+0xdb/0x2d0
 ? do_user_addr_fault+0x1b0/0x560
 ? exit_to_user_mode_prepare+0x44/0x240
 entry_SYSCALL_64_after_hwframe+0x6e/0xd8
RIP: 0033:0x47b7a0
Code: 40 00 48 c7 c2 e0 ff ff ff f7 d8 64 89 02 48 c7 c0 ff ff ff ff eb b7 0f 1f 00 80 3d e8 85 16 00 00 74 17 b8 01 00 00 00 0f 05 <48> 3d 00 f0 ff ff 77 58 c3 0f 1f 80 00 00 00 00 48 83 ec 28 48 89
RSP: 002b:00007fff3ced0468 EFLAGS: 00000202 ORIG_RAX: 0000000000000001
RAX: ffffffffffffffda RBX: 0000000000000001 RCX: 000000000047b7a0
RDX: 0000000000000002 RSI: 000000002f626d40 RDI: 0000000000000001
RBP: 000000002f626d40 R08: fefefefefefefeff R09: fefefefefefeff62
R10: 0000000000000000 R11: 0000000000000202 R12: 0000000000000002
R13: 000000002f6233a0 R14: 0000000000000001 R15: 00007fff3ced04d0
 </TASK>
Kernel Offset: disabled`.split('\n');
