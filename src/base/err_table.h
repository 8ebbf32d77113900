/* The table of errors: WQ_ERR(ID, KIND, message zh, message en, what to do zh, what to do en). No include guard: read
 * several times by base/err.h and base/err.c. Add rows at the end of their group; a name, once released, keeps its
 * meaning. The note of the case (file, line, name) is printed after the message.
 */
/* general */
WQ_ERR(INPUT, INPUT, "输入有误", "the input is malformed", "按提示的位置改正后重试", "mend the place that is named and try again")
WQ_ERR(USAGE, INPUT, "命令用法有误", "the command was called wrongly", "用 --help 查看用法", "see --help")
WQ_ERR(NOT_FOUND, INPUT, "找不到", "not found", "核对名称", "check the name")
WQ_ERR(EXISTS, INPUT, "已经存在", "exists already", "换一个名称，或先处理已有的", "choose another name or deal with the existing one")
WQ_ERR(DENIED, DENIED, "不允许", "not allowed", "取得所需的审批或权限", "obtain the approval or right that is named")
WQ_ERR(LIMIT, LIMIT, "超过限制", "over a limit", "减小输入，或在配置中调整该限制", "make the input smaller or change the named limit")
WQ_ERR(BUSY, BUSY, "正忙", "busy", "稍后重试", "try again later")
WQ_ERR(CONFIG, CONFIG, "配置有误", "the configuration is wrong", "按提示的文件和行改正", "mend the file and line that are named")
WQ_ERR(UNSUPPORTED, CONFIG, "本机不支持", "this machine does not support it", "运行 weique doctor 查看缺什么", "run weique doctor to see what is missing")
WQ_ERR(STATE, STATE, "状态不一致", "the stored state contradicts itself", "运行 weique ledger verify", "run weique ledger verify")
WQ_ERR(BUG, BUG, "程序内部错误", "an internal error", "请报告此错误和前后日志", "please report this with the log around it")
WQ_ERR(NO_MEMORY, LIMIT, "内存不足", "out of memory", "释放内存或降低内存预算", "free memory or lower the memory budget")
WQ_ERR(INTERRUPTED, BUSY, "被中断", "interrupted", "重新运行；已完成的部分不会丢失", "run it again; what was done is kept")
WQ_ERR(FOUND, DENIED, "有达到所设级别的问题", "there are findings of the severity that was named", "查看各项问题的整改建议", "see the advice of each finding")
/* files and the system */
WQ_ERR(IO, IO, "读写失败", "reading or writing failed", "检查磁盘、权限和系统日志", "check the disk, the permissions and the system log")
WQ_ERR(NO_SPACE, IO, "磁盘空间不足", "the disk is full", "清理磁盘后重试；已确认的数据没有丢失", "free space and try again; nothing acknowledged was lost")
WQ_ERR(TIMEOUT, IO, "超时", "timed out", "检查对方是否在运行", "check that the peer is running")
WQ_ERR(PEER, IO, "对端断开或应答有误", "the peer closed or answered wrongly", "检查对端进程和它的日志", "check the peer process and its log")
WQ_ERR(UNREACHED, IO, "网站无法打开", "the site cannot be opened", "核对地址、网络和证书；内网地址须加 --allow-private", "check address, network and certificate; an address of your own network needs --allow-private")
/* databases */
WQ_ERR(DB, IO, "数据库操作失败", "a database operation failed", "检查数据库及其日志", "check the database and its log")
WQ_ERR(DB_OUTCOME_UNKNOWN, IO, "写入结果未知：连接在提交时中断", "the outcome of the write is unknown: the connection broke during commit", "重新连接后查询该记录是否存在，再决定是否重试", "reconnect and look whether the record exists before trying again")
WQ_ERR(DB_CONFLICT, BUSY, "与并发写入冲突", "conflicts with a concurrent write", "重试该操作", "try the operation again")
WQ_ERR(DB_VERSION, STATE, "数据库版本不符", "the database has another version", "用相应版本的 weique，或运行迁移", "use the weique that belongs to it, or run the migration")
/* cryptography */
WQ_ERR(CRYPTO, STATE, "密码运算失败", "a cryptographic operation failed", "检查密码库是否完整", "check the installed cryptographic library")
WQ_ERR(SIGNATURE, DENIED, "签名无效", "the signature is not valid", "核对签名者及其公钥；内容可能被改动", "check the signer and key; the content may have been altered")
WQ_ERR(KEY, CONFIG, "密钥不可用", "the key cannot be used", "核对密钥文件、口令或密码设备", "check the key file, its passphrase or the token")
WQ_ERR(CERT, DENIED, "证书无效", "the certificate is not valid", "核对证书链、有效期和签发机构", "check chain, dates and issuer")
/* sealed things */
WQ_ERR(ALTERED, STATE, "内容被改动", "the content was altered", "查明改动来源；已封存的版本继续提供服务", "find out who changed it; the sealed version goes on serving")
WQ_ERR(REPLAYED, STATE, "旧版本被放回", "an older version was put back", "查明来源；较新的版本继续提供服务", "find out who put it there; the newer version goes on serving")
WQ_ERR(FORMAT, STATE, "文件格式有误或版本不识别", "the file's format is wrong or of an unknown version", "用相应版本的 weique 打开", "open it with the weique that belongs to it")
WQ_ERR(UNAPPROVED, DENIED, "未经审批", "nobody approved it", "按发布审核程序办理（2024 第十三条）", "take it through the publishing review (2024 art. 13)")
WQ_ERR(SELF_REVIEW, DENIED, "作者不能审核自己的变更", "the author may not decide on the own change", "由另一名审核人员审核（B1）", "another reviewer has to decide (B1)")
WQ_ERR(CHAIN, STATE, "账本链断裂", "the ledger's chain is broken", "保全现场，与见证的链头比对", "preserve the evidence and compare with a witnessed head")
WQ_ERR(AMBIGUOUS, INPUT, "请求目标有歧义", "the request target is ambiguous", "使用规范形式的地址", "use the canonical form of the address")
