"""The step viewer: there and back, in Chinese."""

WORDS: dict[str, str] = {
    "There and back": "去而复返",
    # ---- settings
    "Way into noise": "如何化为噪声",
    "Inversion": "反演",
    "Stochastic": "随机",
    "Finds the noise this very picture is made from. The way back gives the picture again; other words edit it.": (
        "找出恰好生成这幅图的噪声。原路返回，仍是这幅图；换一句话，则是修改它。"
    ),
    "Throws true random noise over the picture. What comes back is like it, not it: the farther, the less.": (
        "给图盖上真正随机的噪声。回来的与它相似，却不是它：走得越远，越不像。"
    ),
    "Inversion finds the noise this very picture is made from; stochastic throws true random noise over it.": (
        "反演找出恰好生成这幅图的噪声；随机则给它盖上真正随机的噪声。"
    ),
    "How far": "走多远",
    "Timesteps of noise. 0: none; 1000: all the way.": "加噪的时间步数。0：不加；1000：走到底。",
    "Words for the way back": "返回时的描述",
    "What the recovered picture shows. Empty: the words of the way in, so the picture itself.": (
        "恢复出的图上有什么。留空：与来时的描述相同，即图本身。"
    ),
    "Words for the way in": "来时的描述",
    "What the picture shows; may be empty.": "图上有什么；可以留空。",
    "empty: the picture itself": "留空：图本身",
    "Each way. More steps: finer, slower.": "单程的步数。步数越多越精细，也越慢。",
    "How strongly the words of the way back pull. 1: nothing is lost; 3: a clear edit.": (
        "返回时描述的牵引力。1：不会丢失什么；3：明显的修改。"
    ),
    "The only one that runs both ways.": "唯一能双向行走的采样器。",
    "There and back takes no changes of course.": "去而复返的途中不能改变方向。",
    "Inversion leaves nothing to chance: all {count} pictures would be the same.": (
        "反演没有随机成分：{count} 幅图会完全一样。"
    ),
    "Choose one picture, or the stochastic way.": "请只选一幅，或改用随机方式。",
    "This noise was made with another version of {title} ({revision}).": (
        "这份噪声由另一个版本的 {title}（{revision}）生成。"
    ),
    "Diffuse the picture again.": "请重新把图化为噪声。",
    # ---- the figures
    "Original": "原图",
    "Diffused": "化为噪声",
    "Recovered": "恢复",
    "Where it differs": "差别在哪里",
    "Into noise": "走入噪声",
    "Back again": "返回",
    "Into noise · pass {index} of about {total} · {time} left": (
        "走入噪声 · 第 {index} 次计算，共约 {total} 次 · 还需 {time}"
    ),
    "Back again · pass {index} of {total} · {time} left": (
        "返回 · 第 {index} 次计算，共 {total} 次 · 还需 {time}"
    ),
    "{steps} passes": "计算 {steps} 次",
    "A picture into noise, and back": "一幅图化为噪声，再回来",
    "Bring one of your own, or use an example. Then see what is lost on the way, and what is not.": (
        "用自己的图，或选一幅示例。看看途中丢失了什么，又留下了什么。"
    ),
    "Use this example": "用这幅示例",
    "Its noise will stand here.": "它的噪声会出现在这里。",
    "What comes back will stand here.": "回来的图会出现在这里。",
    "True random noise over it, {far} timesteps far": "盖上真正随机的噪声，{far} 个时间步",
    "The noise it is made from, {far} timesteps far": "生成它的那份噪声，{far} 个时间步",
    "Its noise, as far as it came": "它的噪声，到停下之处",
    "Stopped on the way: what there was": "中途停下：当时的样子",
    "Edited: its noise, read with other words": "已修改：同一份噪声，换一句话来读",
    "Other words over the same noise": "同一份噪声，配上另一句话",
    "Like it, not it": "相似，却不是它",
    "The same noise, read back": "同一份噪声，原样读回",
    # ---- the evidence
    "How near it came": "有多接近",
    "Hard to tell apart": "难以分辨",
    "Alike": "相像",
    "Another picture": "另一幅图",
    "every pixel is equal": "每个像素都相同",
    "PSNR against the autoencoder's own round trip": "与自编码器自身往返相比的 PSNR",
    "PSNR against the original": "与原图相比的 PSNR",
    "Largest difference of a colour": "颜色的最大差别",
    "Mean and spread when diffused": "化为噪声后的均值与标准差",
    "Passes through the model": "模型计算次数",
    "{largest} of 255": "{largest}（满值 255）",
    "Pale is the largest difference, {largest} of 255": "最亮处为最大差别：{largest}（满值 255）",
    "Nowhere: every pixel is equal": "没有差别：每个像素都相同",
    "The autoencoder alone changes a picture a little: its round trip is the best any way back can do.": (
        "单是自编码器就会让图略有变化：它自身的往返，是任何返回之路所能达到的极限。"
    ),
    "Truly random noise has mean 0 and spread 1.": "真正随机的噪声均值为 0，标准差为 1。",
    "As the model takes it, {width} × {height}": "模型所见，{width} × {height}",
    # ---- the equations
    "The step back, solved for the noisier picture: guessed, tried, and mended until it lands where it came from.": (
        "把返回的一步反过来，求更嘈杂的那幅图：先猜，再试，再修正，直到它恰好回到出发之处。"
    ),
    "The picture fades and chance takes its place: which noise it was, nobody can tell afterwards.": (
        "图渐渐淡去，由偶然取而代之：事后谁也说不出那是哪一份噪声。"
    ),
}
