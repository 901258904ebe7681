import type { Texts } from '../pairs';

/** The daemon's own words are Chinese; by its `code` a refusal is told in the other language as well. */
export const problems = {
  'problem.code.session-elsewhere': [
    '本次登录来自另一个网络地址，请在本机重新登录。',
    'This sign-in belongs to another network address; please sign in here.',
  ],
  'problem.code.login-wrong': ['用户名或密码错误', 'Wrong user name or password.'],
  'problem.code.login-limited': ['登录失败次数过多，请稍后再试', 'Too many failed sign-ins; please wait.'],
  'problem.code.other-site': [
    '请求来自其他网站，已拒绝',
    'The request came from another site and was refused.',
  ],
  'problem.code.database-busy': ['数据库暂时无法写入，请稍后重试', 'The database is busy; please try again.'],
  'problem.code.request-running': ['相同的请求仍在处理', 'The same request is still being worked on.'],
  'problem.code.request-key-reused': [
    '请求标识已用于另一请求',
    'The request key was used for another request.',
  ],

  'problem.code.telephony-not-running': ['话务服务未运行', 'Telephony is not running.'],
  'problem.code.phone-not-registered': [
    '该坐席的电话没有登录',
    'The phone of this operator is not registered.',
  ],
  'problem.code.no-trunk-free': ['中继线路已满', 'All lines are in use.'],
  'problem.code.number-not-allowed': ['该号码不允许外呼', 'This number may not be called.'],
  'problem.code.call-ended': ['通话已经结束', 'The call is over.'],
  'problem.code.call-confidential': [
    '该通话属于保密工单，只有指定人员可以查看和收听',
    'This call belongs to a confidential ticket; only those named may see or hear it.',
  ],

  'problem.code.desk-taken': ['来电已由其他坐席接听', 'A colleague has answered.'],
  'problem.code.desk-nothing-rings': [
    '没有正在振铃的来电，可能已被取消',
    'Nothing rings; the caller may have gone.',
  ],
  'problem.code.desk-on-phone': [
    '来电在您的电话机上振铃，请拿起电话接听',
    'The call rings on the desk phone; answer there.',
  ],
  'problem.code.desk-no-call': ['当前没有通话', 'There is no call.'],
  'problem.code.desk-held': ['市民已在保持中', 'The citizen is on hold already.'],
  'problem.code.desk-not-held': ['市民不在保持中', 'The citizen is not on hold.'],
  'problem.code.desk-consulting': [
    '请先完成或取消当前的转接',
    'Complete or cancel the present consultation first.',
  ],
  'problem.code.desk-no-consult': ['没有正在进行的转接或咨询', 'There is no consultation.'],
  'problem.code.desk-not-answered': ['对方尚未接听', 'The other party has not answered.'],
  'problem.code.desk-too-fast': ['操作过于频繁，请稍候再试', 'Too many requests: wait a moment.'],
  'problem.code.desk-three-way': ['正在三方通话，三方都能听到', 'All three talk together already.'],
  'problem.code.desk-yourself': ['不能转接给自己', 'You cannot transfer to yourself.'],
  'problem.code.desk-target-busy': ['对方坐席不空闲', 'This operator is not free.'],
  'problem.code.desk-nobody-free': ['该队列现在没有空闲的坐席', 'Nobody in this queue is free now.'],
  'problem.code.desk-no-such-target': [
    '没有这个坐席、队列或号码',
    'There is no such operator, queue or number.',
  ],
  'problem.code.desk-no-channel': ['中继线路已满或不可用', 'No outside line is free.'],
  'problem.code.desk-no-line': [
    '软电话未接通，请先接通软电话',
    'The softphone is not connected; connect it first.',
  ],
  'problem.code.desk-busy': ['当前已有通话', 'There is a call already.'],
  'problem.code.desk-no-flow': [
    '流程无法试拨，请先改正其中的问题',
    'The flow cannot be tried before its faults are mended.',
  ],
  'problem.code.desk-not-recording': [
    '录音不在可暂停或可恢复的状态',
    'The recording cannot be paused or resumed now.',
  ],
  'problem.code.desk-not-a-key': ['只能发送数字、* 和 #', 'Only digits, * and # can be sent.'],
  'problem.code.audio-too-long': [
    '软电话未能接通：浏览器发来的信息过长，请刷新页面后重试',
    'The softphone could not connect: the browser sent too much; reload the page.',
  ],
  'problem.code.audio-malformed': [
    '软电话未能接通：浏览器发来的信息无法识别，请刷新页面后重试',
    'The softphone could not connect: the browser was not understood; reload the page.',
  ],
  'problem.code.audio-not-one-line': [
    '软电话未能接通：只能有一路声音，请刷新页面后重试',
    'The softphone could not connect: it takes one voice only; reload the page.',
  ],
  'problem.code.audio-no-microphone': [
    '没有麦克风：请允许浏览器使用麦克风，再接通软电话',
    'No microphone: allow the browser to use it, then connect the softphone.',
  ],
  'problem.code.audio-no-codec': [
    '软电话未能接通：浏览器不支持电话语音（G.711），请换用其他浏览器',
    'The softphone could not connect: this browser has no telephone audio (G.711); use another.',
  ],
  'problem.code.skills-not-hers': [
    '只能选择管理员分配给您的技能',
    'You can only serve what an administrator gave you.',
  ],
  'problem.code.skills-none': ['至少要服务一个技能', 'At least one has to be served.'],

  'problem.code.tie-closed': [
    '该工单已办结，不能关联；请在本次来电的工单中办理',
    'That ticket is closed; write the ticket of this call.',
  ],
  'problem.code.tie-written': [
    '本次来电的工单已填写内容，请先办理或并单，再关联其他工单',
    'The ticket of this call has been written; settle or merge it first.',
  ],
  'problem.code.tie-none': ['本次来电没有关联其他工单', 'This call is not tied to another ticket.'],

  'problem.code.ticket-stale': ['工单已被他人修改，请刷新后再试', 'Somebody changed the ticket; reload it.'],
  'problem.code.ticket-own-work': [
    '办理过本工单的人不得审核、回访、评判或办结同一工单',
    'Whoever worked on a ticket may not review, call back, judge or close it.',
  ],
  'problem.code.ticket-own-proposal': [
    '提出的人不得自己批准，请另一人处理',
    'Another person has to approve what you proposed.',
  ],
  'problem.code.ticket-outsourced': [
    '外包人员不得代表承办单位办理，也不得审核或批准单位的事项',
    'Contractors may neither act for a unit nor approve its matters.',
  ],
  'problem.code.ticket-wrong-state': [
    '工单当前状态不能执行此操作',
    'The state of the ticket does not allow this.',
  ],
  'problem.code.ticket-not-now': ['现在不能执行此操作', 'The ticket does not allow this now.'],
  'problem.code.ticket-confidential': [
    '本单为保密工单，只有指定人员可以查看',
    'The ticket is confidential; only those named may see this.',
  ],
  'problem.code.contact-no-number': ['工单没有联系电话，无法联系市民', 'The ticket has no number to call.'],
  'problem.code.missed-settled': [
    '这条漏接已经处理过了，请刷新列表',
    'This missed call is settled; reload the list.',
  ],
  'problem.code.views-full': [
    '常用查询最多 50 个，请先删除不用的',
    'At most 50 saved searches; remove some first.',
  ],
  'problem.code.view-name-taken': [
    '您已有同名的常用查询，请换一个名称',
    'You have a saved search of that name.',
  ],
  'problem.code.audit-planned': ['该工单当天已安排现场核查', 'A check at the site is planned for that day.'],
  'problem.code.audit-recorded': [
    '核查结果已登记，不能覆盖',
    'The result is recorded and cannot be overwritten.',
  ],
  'problem.code.form-empty': ['工单还没有可以填入的内容', 'The ticket has nothing for this form yet.'],

  'problem.code.attachment-too-late': [
    '工单已归档或作废，不能再上传附件',
    'The ticket is filed or void; nothing can be attached.',
  ],
  'problem.code.attachment-too-large': ['文件过大，请压缩或分段后上传', 'The file is too large.'],
  'problem.code.attachments-full': ['本工单的附件已达上限', 'The ticket can take no more attachments.'],
  'problem.code.attachment-sent': ['附件已随步骤提交，不能移除', 'The attachment was sent and stays.'],
  'problem.code.attachment-name': [
    '文件名含有路径，请改名后重新上传',
    'The file name holds a path; rename it.',
  ],
  'problem.code.attachment-unknown': [
    '无法识别这个文件：只接受照片、录音、视频和 PDF',
    'Only photos, recordings, films and PDF are taken, as they are.',
  ],
  'problem.code.attachment-interrupted': [
    '上传中断，附件没有保存，请重新上传',
    'The upload broke off; send the file again.',
  ],
  'problem.code.attachment-not-in-hand': [
    '附件不存在或已提交，请重新选择',
    'An attachment is gone or was sent already; choose again.',
  ],
  'problem.code.disk-full': [
    '服务器磁盘空间不足，附件没有保存',
    'The disk of the server is full; nothing was kept.',
  ],

  'problem.code.article-stale': [
    '知识已被他人修改，请刷新后再试',
    'Somebody changed the article; reload it.',
  ],
  'problem.code.duty-stale': [
    '该条目已被他人修改，请刷新后再试',
    'Somebody changed the entry; load it again.',
  ],
  'problem.code.duty-gone': [
    '旧版本中有的分类、单位或区域已不存在，不能整体恢复，请逐条修改',
    'Something that version names is gone; change the entries one by one.',
  ],
  'problem.code.delivery-under-way': [
    '这条消息已送出或正在发送，不必重发',
    'The message is out or on its way already.',
  ],
  'problem.code.settings-stale': ['内容已被他人修改，请重新载入', 'Somebody changed this; load it again.'],
  'problem.code.settings-unreadable': [
    '这个版本的内容已损坏，无法读取，请选择其他版本',
    'That version is damaged and cannot be read; choose another.',
  ],
  'problem.code.settings-too-old': [
    '该版本的格式已不再支持',
    'The format of that version is no longer known.',
  ],
  'problem.code.prompt-in-use': [
    '流程在使用这段提示音，请先在流程中换掉',
    'A flow says this prompt; change the flow first.',
  ],
  'problem.code.username-taken': ['该用户名已存在', 'This user name exists.'],
  'problem.code.extension-taken': ['该分机号已被其他人使用', 'This extension belongs to somebody else.'],
  'problem.code.own-account': [
    '不能停用自己的账号或取消自己的管理员角色',
    'You cannot disable yourself or give up your own administration.',
  ],
  'problem.field': ['{field}：填写有误', '{field}: not accepted'],
} satisfies Texts;
