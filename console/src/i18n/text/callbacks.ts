import type { Texts } from '../pairs';

export const callbacks = {
  'callback.title': ['人工回访', 'Callbacks by persons'],
  'callback.note': [
    '自动回访不满意、未听清、未接通或不能自动拨打的工单。点击号码即拨，通话后填写回访结果。',
    'What the automatic survey could not settle. Dial with one click, then fill in what the citizen said.',
  ],
  'callback.citizen': ['市民', 'Citizen'],
  'callback.why': ['转人工原因', 'Why'],
  'callback.why.not_surveyed': ['未安排自动回访', 'Not surveyed'],
  'callback.why.handed_over': ['自动回访转人工', 'Handed over'],
  'callback.why.dissatisfied': ['自动回访不满意，了解原因供评判', 'Not satisfied: learn why'],
  'callback.heard': ['自动回访所答', 'What was answered'],
  'callback.nothing': ['未作答', 'Nothing'],
  'callback.called': ['人工已拨 {n} 次未接通，最近 {at}', 'Called {n} times in vain, last {at}'],
  'callback.result': ['填写结果', 'Result'],
  'callback.due': ['回访期限', 'Due'],
  'callback.none': ['没有等待人工回访的工单', 'Nobody is to be called'],
} satisfies Texts;
