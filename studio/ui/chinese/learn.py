"""The step viewer: the guided tour, in Chinese."""

# ruff: noqa: E501

WORDS: dict[str, str] = {
    "Learn": "学习",
    # Around the chapters
    "Chapters": "章节",
    "Picture of the lesson": "课程所用的图",
    "The lesson's own picture": "课程自带的图",
    "{index} of {total}": "{index} / {total}",
    "Equation": "公式",
    "Try it:": "试一试：",
    "Read more:": "延伸阅读：",
    "Still the lesson's pictures. Your own:": "现在是课程自带的图。换成你的：",
    "{count} pictures, {steps} steps in all, about {time}.": "{count} 张图，共 {steps} 步，约 {time}。",
    "Your own words, painted for this page.": "用你自己的文字，专为这一页画的。",
    "Paint mine": "画我的",
    "Paint mine again": "再画一次我的",
    "The lesson's run is shown: the steps of yours were not kept.": (
        "这里显示课程自带的过程：你那张图的步骤没有保留。"
    ),
    "Step": "步",
    "At step": "第几步",
    "timestep": "时间步",
    "share of the picture left": "剩下的画面比例",
    # 1
    "What noise is": "什么是噪声",
    "Noise is a random number for every value of the picture. Mix in enough of it, and whatever the picture was, only a bell curve is left.": (
        "噪声，就是给画面的每个数值配上一个随机数。混得足够多，不管原来是什么画，最后只剩一条钟形曲线。"
    ),
    "Left: the picture with noise mixed in; drag across it. Right: how often each value occurs, against the bell curve of pure noise.": (
        "左：混入噪声的画，可在上面拖动。右：各个数值出现的多少，对照纯噪声的钟形曲线。"
    ),
    "At which timestep can you no longer tell what it is?": "到哪个时间步，你就认不出它画的是什么了？",
    "The picture with noise": "混入噪声的画",
    "mean of the values": "数值的平均",
    "their spread": "分散程度",
    "the picture, its values from −1 to 1": "画面，数值从 −1 到 1",
    "noise: a random number for each value, mean 0, spread 1": (
        "噪声：每个数值一个随机数，平均为 0，分散程度为 1"
    ),
    "share of the picture left at timestep t": "时间步 t 时剩下的画面比例",
    # 2
    "Why small steps": "为什么要小步走",
    "Seen through pure noise, the best single guess is the average of all pictures that could be meant: a blur. Every small step gives the network a clearer view, and the guess sharpens.": (
        "隔着纯噪声，最好的一次猜测，就是所有可能的画的平均：一片模糊。每走一小步，网络都看得更清楚，猜测也就更清晰。"
    ),
    "Left: the network's guess of the finished picture at this step. Right: how much noise is left when it looks.": (
        "左：网络在这一步对成品的猜测。右：它看的时候还剩多少噪声。"
    ),
    "Go from 20 steps to 1. Where does the picture stop being one?": (
        "从 20 步减到 1 步。到哪里，画就不再是画了？"
    ),
    "The guess at this step": "这一步的猜测",
    "How much noise is left": "还剩多少噪声",
    "noise left": "剩余噪声",
    "looks through the network": "网络看的次数",
    "distance from the picture of {steps} steps": "与 {steps} 步的画的距离",
    "the guess of the finished picture": "对成品的猜测",
    "the noise the network sees": "网络看到的噪声",
    "the next timestep; after the last step no noise is left": (
        "下一个时间步；最后一步之后就没有噪声了"
    ),
    # 3
    "What the network predicts": "网络预测的是什么",
    "The network never paints. It looks at a noisy picture and says what in it is noise. Take that away, and a guess of the finished picture is left.": (
        "网络从不作画。它看一张带噪声的图，说出其中哪些是噪声。把噪声拿走，剩下的就是对成品的猜测。"
    ),
    "From left: what the network is given, the noise it sees in it, and the guess that is left. Click anywhere to follow one number.": (
        "从左到右：给网络看的图、它看到的噪声、剩下的猜测。点任意位置，跟踪一个数。"
    ),
    "At which step does the guess stop changing?": "到哪一步，猜测不再变化？",
    "given": "给它看的",
    "noise seen": "看到的噪声",
    "guess": "猜测",
    "the number followed": "跟踪的数",
    "Written for": "写法",
    "row {row}, column {column}, channel {channel} of {channels}": (
        "第 {row} 行，第 {column} 列，{channels} 个通道中的第 {channel} 个"
    ),
    "the noisy picture, as numbers of the latent space": "带噪声的图，用潜空间的数表示",
    "what the built-in model answers: the same knowledge, and no division by almost nothing": (
        "内置模型给出的答案：知道的一样多，却不必除以接近零的数"
    ),
    # 4
    "The network is asked twice: with your words and without them. Guidance follows the difference between the two answers, and goes beyond it.": (
        "网络被问两次：一次带着你的文字，一次不带。引导沿着两个答案之差走，而且走得更远。"
    ),
    "Left: the finished picture at this guidance. Right: the answer without words, the one with them, and the one that is used.": (
        "左：这个引导强度下的成品。右：不带文字的答案、带文字的答案、实际采用的答案。"
    ),
    "Where does the picture say your words best, and where does it begin to shout?": (
        "到哪里画面最能说出你的文字，到哪里它开始喊叫？"
    ),
    "The picture at this guidance": "这个引导强度下的画",
    "The two answers and the one that is used": "两个答案，和采用的那个",
    "how far the two guesses lie apart": "两个猜测相距多远",
    "how far guidance goes": "引导走了多远",
    "Without words": "无文字",
    "Words": "文字",
    "Used: s = {scale}": "采用：s = {scale}",
    "the noise seen without words": "不带文字时看到的噪声",
    "the noise seen with your words": "带着你的文字时看到的噪声",
    "guidance: 0 does not listen, 1 takes the words as they are, more exaggerates": (
        "引导：0 不听，1 照文字来，更大就是夸张"
    ),
    "size of a difference, per value; here of the guesses at the first step": (
        "差的大小，按每个数值计；这里是第一步两个猜测之差"
    ),
    # 5
    "Seeds": "种子",
    "Seed {seed}": "种子 {seed}",
    "Noise of seed {seed}": "种子 {seed} 的噪声",
    "Seeds and words": "种子与文字",
    "The picture of this seed and these words": "这个种子和这些文字的画",
    "A seed is the number from which the first noise is drawn. The same seed gives the same noise, and the noise decides where things will stand.": (
        "种子是一个数，最初的噪声由它而来。种子相同，噪声就相同；而东西会出现在哪里，由噪声决定。"
    ),
    "A row: the same words from other noise. A column: the same noise under other words.": (
        "同一行：文字相同，噪声不同。同一列：噪声相同，文字不同。"
    ),
    "What stays in a column, and what stays in a row?": "一列里不变的是什么，一行里不变的又是什么？",
    "mean of the noise": "噪声的平均",
    "its spread": "分散程度",
    "numbers drawn": "抽取的个数",
    "where painting begins: pure noise": "作画的起点：纯噪声",
    "independent random numbers, mean 0, spread 1": "互不相干的随机数，平均为 0，分散程度为 1",
    # 6
    "Samplers": "采样器",
    "All samplers start from the same noise and ask the same network. They differ in how they walk from one noise level to the next.": (
        "所有采样器都从同样的噪声出发，问同一个网络。不同的是，从一个噪声水平走到下一个的走法。"
    ),
    "The same words, the same noise, the same number of steps. Choose one to see its step.": (
        "文字相同，噪声相同，步数相同。选一个，看它怎么走。"
    ),
    "Which is good in few steps? Which gives another picture however many there are?": (
        "哪个步数少也画得好？哪个不管多少步都是另一张画？"
    ),
    "Euler goes straight on in the direction it sees.": "Euler 沿着看到的方向直走。",
    "Heun looks again where Euler would land, and takes the mean of both directions: two looks a step.": (
        "Heun 在 Euler 会到的地方再看一次，取两个方向的平均：每步看两次。"
    ),
    "DPM++ 2M remembers the guess before and bends the step with it: two looks' worth for one.": (
        "DPM++ 2M 记得上一次的猜测，用它把这一步走弯：看一次，抵两次。"
    ),
    "Euler a goes further down than asked and throws fresh noise in: lively, and it never settles.": (
        "Euler a 往下多走一段，再撒进新的噪声：生动，但永不安定。"
    ),
    "{looks} looks, distance {distance}": "看 {looks} 次，距离 {distance}",
    "noise level: the spread of the noise where the picture keeps its size": (
        "噪声水平：画面保持原大小时噪声的分散程度"
    ),
    "the direction in which the picture becomes noisier; d′ the one at the far end": (
        "画面变得更嘈杂的方向；d′ 是另一端的方向"
    ),
    "the guess, carried on from the one before": "由上一次推进而来的猜测",
    "fresh noise": "新的噪声",
    "distance": "距离",
    "to the end of the exact path, {steps} Euler steps": "到精确路径的终点，即 {steps} 步 Euler",
    # Papers
    "Papers": "论文",
    "Everything here was found out by somebody, and written down. In the order of the years:": (
        "这里的一切，都有人发现并写了下来。按年份排列："
    ),
    "Where it began: destroy a picture slowly with noise, learn to undo it.": (
        "一切的开端：用噪声慢慢毁掉一张画，再学着还原。"
    ),
    "The other root: learn in which direction pictures become likelier.": (
        "另一个源头：学会往哪个方向走更像一张画。"
    ),
    "The equations of chapters 1 and 3; predicting the noise is all it takes.": (
        "第 1 章和第 3 章的公式；只要会预测噪声就够了。"
    ),
    "Leaps instead of a thousand steps, and no dice on the way.": "用跳跃代替一千步，路上也不掷骰子。",
    "Both roots joined: noise to picture as a path that can be solved like any other.": (
        "两个源头合而为一：从噪声到画，是一条可以求解的路径。"
    ),
    "The cosine schedule, by which the built-in model learned.": "余弦噪声表，内置模型就是照它学的。",
    "Begin from a picture instead of pure noise: what Stylise does.": (
        "不从纯噪声、而从一张画开始：风格化就是这样做的。"
    ),
    "Do all of it in a small latent space: Stable Diffusion.": (
        "把这一切放进小小的潜空间里做：Stable Diffusion。"
    ),
    "Predict v, a mix of noise and picture, and stay exact at both ends.": (
        "预测 v，即噪声与画面的混合，在两端都保持精确。"
    ),
    "Samplers in one language: noise levels sigma, Euler, Heun.": (
        "用一种语言讲清采样器：噪声水平 sigma、Euler、Heun。"
    ),
    "Solve the easy part of the path exactly, and ten steps are enough.": (
        "把路径里容易的部分精确解出，十步就够了。"
    ),
    "The same for guided pictures: DPM++ 2M on the menu.": "用于带引导的画：菜单上的 DPM++ 2M。",
    "The equation of chapter 4.": "第 4 章的公式。",
    "Predict a step, then correct it with what was seen there.": "先预测一步，再用那里看到的来修正。",
    "Train a model for the one big leap of chapter 2.": "专门训练一个模型，走第 2 章的那一大步。",
    "Why the last timestep must be noise alone.": "为什么最后一个时间步必须只有噪声。",
    "Another tour, of Stable Diffusion, in the browser.": "浏览器里的另一次导览，讲 Stable Diffusion。",
}
