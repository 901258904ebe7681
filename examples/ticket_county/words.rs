//! Chinese that reads like tickets, from lists of words: the same seed writes the same county.

/// splitmix64: quick, and the same on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.roll() % end.max(1)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

const WHEN: [&str; 10] = [
    "昨天晚上",
    "今天早上",
    "从上周开始",
    "这两天",
    "前天下午",
    "半个月以来",
    "每天夜里",
    "刚才",
    "国庆节前后",
    "三天了",
];
const WHO: [&str; 8] = [
    "我是住户",
    "我们整栋楼",
    "邻居家",
    "单元里的老人",
    "附近商户",
    "接送孩子的家长",
    "全村人",
    "我家里",
];
const MATTERS: [&str; 32] = [
    "停水没有通知",
    "水压太低上不去楼",
    "暖气不热室温只有十四度",
    "燃气闻到味道",
    "路灯不亮",
    "下水道堵塞返味",
    "井盖破损松动",
    "电梯困人多次报修",
    "物业乱收停车费",
    "垃圾堆放没人清运",
    "工地夜间施工扰民",
    "广场舞噪音太大",
    "占道经营堵住出口",
    "公交车半小时不来",
    "道路坑洼积水",
    "树枝压住电线",
    "楼道感应灯坏了",
    "消防通道被占用",
    "流浪狗追赶学生",
    "拖欠农民工工资",
    "医保报销没有到账",
    "社保转移手续办不了",
    "户口迁移要哪些材料",
    "学区划分不清楚",
    "食堂饭菜不新鲜",
    "超市卖过期食品",
    "网购退款商家不理",
    "宅基地界线有争议",
    "灌溉用水断了",
    "化肥价格上涨",
    "低保申请没有回复",
    "房产证迟迟办不下来",
];
const ASKS: [&str; 8] = [
    "希望尽快处理",
    "请派人到现场看看",
    "要求给个说法",
    "请问什么时候能解决",
    "之前反映过没人管",
    "希望公布进度",
    "请协调有关单位",
    "影响正常生活",
];
const NOTES: [&str; 6] = [
    "请于当日到场核实",
    "请依规办理并联系来电人",
    "请两个工作日内反馈",
    "涉及多户请优先",
    "请会同属地处置",
    "请按时限答复",
];
const REPLIES: [&str; 8] = [
    "经现场核查已安排抢修并恢复正常",
    "已联系来电人说明政策依据",
    "已列入年度改造计划",
    "已责令限期整改并复查",
    "已协调属地清理完毕",
    "更换配件后试运行正常",
    "已当面道歉并退还费用",
    "经核实情况不属实已告知",
];
const SURNAMES: [&str; 12] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙",
];
const GIVEN: [&str; 12] = [
    "芳", "伟", "秀英", "娜", "建国", "桂兰", "强", "磊", "洋", "艳", "志勇", "玉梅",
];

/// What a citizen said, as the ticket has it.
pub struct Story {
    pub title: String,
    pub content: String,
    pub place: String,
    pub place_code: String,
    pub name: String,
    pub note: &'static str,
    pub reply: &'static str,
}

pub fn story(dice: &mut Dice, places: &[(String, String)]) -> Story {
    let matter = dice.pick(&MATTERS);
    let (place_code, place) = dice.pick(places).clone();
    let (building, unit) = (dice.below(38) + 1, dice.below(6) + 1);
    let content = format!(
        "{}，{place}{building}号楼{unit}单元，{}，{}。{matter}，{}，{}。",
        dice.pick(&WHO),
        dice.pick(&WHEN),
        dice.pick(&MATTERS),
        dice.pick(&ASKS),
        dice.pick(&ASKS),
    );
    Story {
        title: format!("{place}{matter}"),
        content,
        place,
        place_code,
        name: format!("{}{}", dice.pick(&SURNAMES), dice.pick(&GIVEN)),
        note: NOTES[dice.below(NOTES.len() as u64) as usize],
        reply: REPLIES[dice.below(REPLIES.len() as u64) as usize],
    }
}

/// Phrases of two to four letters as people search: some stand in many tickets, some in few, some in none.
pub fn phrases() -> Vec<String> {
    let mut found = Vec::new();
    for text in MATTERS.iter().chain(&REPLIES).chain(&WHEN) {
        let letters: Vec<char> = text.chars().collect();
        for long in 2..=4 {
            for start in (0..letters.len().saturating_sub(long)).step_by(3) {
                found.push(letters[start..start + long].iter().collect());
            }
        }
    }
    // Pairs that are frequent apart and never stand together.
    found.extend(["停水电", "区停气", "热水压", "单元楼", "不大热", "没人水"].map(String::from));
    found
}
