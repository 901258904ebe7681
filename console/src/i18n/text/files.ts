import type { Texts } from '../pairs';

/** Attachments. */
export const files = {
  'files.title': ['附件', 'Attachments'],
  'field.attachments': ['附件（照片、录音、视频、PDF）', 'Attachments (photo, sound, film, PDF)'],
  'files.choose': ['选择文件', 'Choose files'],
  'files.camera': ['拍照', 'Take a photo'],
  'files.remove': ['移除', 'Remove'],
  'files.save': ['保存到工单', 'Add to the ticket'],
  'files.note': ['提交前可以移除，提交后不能删除。', 'Can be removed before they are sent, not after.'],
  'files.tooLarge': ['“{name}”超过 {size}，请压缩或分段后上传', '“{name}” is larger than {size}'],
  'files.show': ['显示照片', 'Show the picture'],
  'files.open': ['下载', 'Save'],
  'files.from.fill': ['受理登记', 'Intake'],
  'files.from.field_audit': ['现场核查', 'Field audit'],
  'forms.title': ['单据 PDF', 'Forms (PDF)'],
  'form.dispatch': ['交办单', 'Dispatch form'],
  'form.return': ['退回单', 'Return form'],
  'form.callback': ['回访单', 'Callback form'],
  'form.supervision': ['打印督办单', 'Print'],
  'timeline.attached': ['提交附件', 'Attached'],
  'detail.step': ['步骤', 'Step'],
  'detail.files': ['附件', 'Files'],
} as const satisfies Texts;
