/* The table of events: WQ_EVENT(ID, name, severity, sentence zh, sentence en). No include guard: read several times by
 * base/event.h and base/event.c. Names are "<area>.<what_happened>"; a name, once released, keeps its meaning. Add rows at the end
 * of your area's group and bring docs/events.md up to date: `WQ_UPDATE_DOCS=1 build/src/test-base_log`.
 */
/* base */
WQ_EVENT(PROCESS_STARTED, "process.started", INFO, "进程已启动", "the process has started")
WQ_EVENT(PROCESS_STOPPED, "process.stopped", INFO, "进程已停止", "the process has stopped")
WQ_EVENT(PROCESS_FAILED, "process.failed", ERROR, "进程因错误退出", "the process ends because of an error")
WQ_EVENT(LOG_LINES_LOST, "log.lines_lost", WARNING, "日志曾无法写出，有记录丢失", "the log could not be written for a while; records were lost")
WQ_EVENT(CONFIG_LOADED, "config.loaded", INFO, "配置已载入", "the configuration was loaded")
WQ_EVENT(SANDBOX_PART_OFF, "sandbox.part_off", WARNING, "进程沙箱的一部分未能启用", "a part of the process sandbox is not in force")
/* vault: weique-vault, the broker between the shelf and the gates */
WQ_EVENT(VAULT_SERVED, "vault.served", NOTICE, "新的封存版本已由网关提供服务", "a sealed version is served by the gates")
WQ_EVENT(VAULT_PACK_ALTERED, "vault.pack_altered", ALERT, "磁盘上的封存包被改动；已封存的内容继续提供服务", "a pack on the disk was altered; the sealed content goes on serving")
WQ_EVENT(VAULT_PACK_MISSING, "vault.pack_missing", ALERT, "磁盘上的封存包丢失；已封存的内容继续提供服务", "a pack is missing on the disk; the sealed content goes on serving")
WQ_EVENT(VAULT_SNAPSHOT_ALTERED, "vault.snapshot_altered", ALERT, "磁盘上的快照被改动或签名无效，已拒绝", "a snapshot on the disk was altered or is not signed by an accepted key; it is refused")
WQ_EVENT(VAULT_SNAPSHOT_MISSING, "vault.snapshot_missing", ALERT, "磁盘上没有该应用的快照", "the snapshot of an application is missing on the disk")
WQ_EVENT(VAULT_SNAPSHOT_REPLAYED, "vault.snapshot_replayed", ALERT, "旧快照被放回，已拒绝；较新的版本继续提供服务", "an older snapshot was put back and is refused; the newer version goes on serving")
WQ_EVENT(VAULT_FLOOR_NEW, "vault.floor_new", WARNING, "该应用首次被接受的快照序号大于一：新设的服务，或记录最高序号的文件已丢失", "the first snapshot that is accepted of an application is not its first: a new installation, or the record of the highest serials was lost")
WQ_EVENT(VAULT_LOAD_FAILED, "vault.load_failed", ERROR, "快照无法载入；原有版本继续提供服务", "a snapshot could not be loaded; what was served goes on serving")
WQ_EVENT(VAULT_RESTORED, "vault.restored", WARNING, "磁盘上被改动的文件已由封存内容恢复，原文件留作证据", "a file on the disk that was altered was restored from what is sealed; what stood there is kept as evidence")
WQ_EVENT(VAULT_RESTORE_FAILED, "vault.restore_failed", ERROR, "磁盘上被改动的文件无法恢复；已封存的内容继续提供服务", "a file on the disk that was altered could not be restored; the sealed content goes on serving")
WQ_EVENT(VAULT_LEAVE_KEY_NEW, "vault.leave_key_new", NOTICE, "已生成离站提示密钥", "a key for leave-site prompts was made")
WQ_EVENT(VAULT_SHELF_UNREADABLE, "vault.shelf_unreadable", ERROR, "封存目录无法读取", "the shelf cannot be read")
WQ_EVENT(VAULT_LEDGER_FAILED, "vault.ledger_failed", ERROR, "事件无法写入账本，将持续重试", "an event could not be written to the ledger; it is tried again")
WQ_EVENT(VAULT_LEDGER_BACK, "vault.ledger_back", NOTICE, "账本恢复可写，积压的事件已补写", "the ledger can be written again; waiting events follow")
WQ_EVENT(VAULT_EVENTS_UNRECORDED, "vault.events_unrecorded", ERROR, "进程结束时仍有事件未写入账本", "the process ends with events that are not in the ledger")
/* gate */
WQ_EVENT(GATE_WORKER_CONNECTED, "gate.worker_connected", INFO, "网关工作进程已连接", "a gate worker has connected")
WQ_EVENT(GATE_WORKER_GONE, "gate.worker_gone", INFO, "网关工作进程已断开", "a gate worker is gone")
WQ_EVENT(GATE_WORKER_DENIED, "gate.worker_denied", WARNING, "未获许可的进程试图连接封存服务", "a process that is not allowed tried to connect")
WQ_EVENT(GATE_SNAPSHOT_REFUSED, "gate.snapshot_refused", ALERT, "网关拒绝了一个快照", "a gate refused a snapshot")
WQ_EVENT(GATE_RULE_BLOCKED, "gate.rule_blocked", WARNING, "规则引擎拒绝了请求", "the rule engine refused a request")
/* seal */
WQ_EVENT(SIGN_ANSWERED, "sign.answered", INFO, "已签名", "a request was answered with a signature")
WQ_EVENT(SIGN_REFUSED, "sign.refused", WARNING, "拒绝签名", "a request for a signature was refused")
WQ_EVENT(SIGN_PEER_DENIED, "sign.peer_denied", WARNING, "未获许可的进程试图连接签名服务", "a process that may not tried to connect to weique-sign")
