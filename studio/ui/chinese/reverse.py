"""The step viewer: noise into order, in Chinese."""

WORDS: dict[str, str] = {
    "Noise into order": "从噪声到有序",
    # A change of course
    "At pass": "从第几次预测",
    "The first pass that takes the new course, 0 = the first.": "从哪一次预测开始改变；0 是第一次。",
    "What the picture shows from here on.": "从这里起画面内容。",
    "What the picture should not show from here on.": "从这里起画面里不应出现的东西。",
    "How it is painted from here on.": "从这里起的画法。",
    "How strongly the words pull from here on.": "从这里起提示词的影响力度。",
    "The way from here to the picture.": "从这里走到图片的方式。",
    "Of the noise that is still to come.": "此后新噪声的种子。",
    "Change": "改变",
    "How much of the noise that is left is thrown anew. 0: none; 1: all of it.": "剩余噪声重抽的比例，0 到 1。",
    "Turns": "转向",
    "Changes of course on the way, in order.": "途中按先后作出的改变。",
    "Changes of course must be in order, got {at}.": "改变须按先后排列，收到 {at}。",
    "{label} must be a list, got {value}.": "{label}应为列表，收到 {value}。",
    "{label} has {length:,} entries; the limit is {maximum:,}.": "{label}有 {length:,} 项，上限 {maximum:,} 项。",
    "An entry of {label} must have named values, got {value}.": "{label}的每一项应为带名字的值，收到 {value}。",
    "A change at pass {at} comes too late: this picture is made in {passes}.": "第 {at} 次预测太晚：一共只有 {passes} 次。",
    "Choose an earlier one.": "请选择更早的一次。",
    "The studio stopped before it had an answer.": "画室在得出答案前停下了。",
}
