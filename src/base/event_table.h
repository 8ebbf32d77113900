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
