"""The page, its tabs and every message of the studio, in Chinese: the English sentence -> ours."""

WORDS: dict[str, str] = {
    # The page around
    "Atelier": "Atelier 画室",
    "Text to image": "文生图",
    "ready": "就绪",
    "loading": "加载中",
    "loads with the first picture": "画第一张时加载",
    "queue: {count}": "排队：{count}",
    "The studio does not answer. Trying again.": "画室没有回应，正在重试。",
    "Dark": "深色",
    "Light": "浅色",
    "Switch between light and dark": "切换浅色与深色",
    "Skip to the stage": "跳到画面",
    "Not found.": "没有找到。",
    "Close": "关闭",
    # Words
    "Prompt": "提示词",
    "What the picture shows, in your own words.": "用你自己的话描述画面。",
    "a castle in the mountains at sunset": "例如 a castle in the mountains at sunset",
    "Leave out": "不要出现",
    "What the picture should not show.": "画面里不应出现的东西。",
    "clouds, flowers": "例如 clouds, flowers",
    "Style": "风格",
    "How it is painted; adds a few words to yours.": "用什么画法；会在你的话里加几个词。",
    "Shape": "画幅",
    "Square": "方形",
    "Portrait": "竖幅",
    "Landscape": "横幅",
    "Free": "自定",
    "Width": "宽",
    "Width of the picture.": "图片的宽度。",
    "Height": "高",
    "Height of the picture.": "图片的高度。",
    "How many": "数量",
    "Pictures per click, each from the next seed.": "每次点击画几张，种子依次递增。",
    "Paint": "作画",
    "Surprise me": "给我惊喜",
    "Advanced": "高级",
    "Steps": "步数",
    "More steps: finer, slower.": "步数越多越细致，也越慢。",
    "Guidance": "引导强度",
    "How strongly the words pull. 1: not at all beyond the model; high: harsh.": (
        "文字的牵引力。1：不额外牵引；过高：生硬。"
    ),
    "Sampler": "采样器",
    "The way from noise to picture.": "从噪声走到图片的方法。",
    "Seed": "种子",
    "The same seed and settings give the same picture. Empty: a new one each time.": (
        "同样的种子和设置得到同样的图片。留空：每次换新。"
    ),
    "Reuse the last seed": "沿用上次的种子",
    "New seed each time": "每次换新种子",
    "new each time": "每次换新",
    "Model": "模型",
    "Who paints.": "由谁来画。",
    "Revision": "版本",
    "Exact version of the model; filled in by the studio.": "模型的确切版本；由画室填写。",
    "{length} of {maximum} characters": "{length} / {maximum} 字符",
    "Words the model does not know": "模型不认识的词",
    "Replace {word} with {known}": "把 {word} 换成 {known}",
    "Too long for the model; not read: {words}": "超出模型长度，未读入：{words}",
    "This looks like an access key: {part}. It would be written into the picture's file.": (
        "这像是访问密钥：{part}。它会被写进图片文件。"
    ),
    "Say what to paint, or choose a style.": "写下想画什么，或选一种风格。",
    # The stage
    "Stage": "画面",
    "Ctrl + Enter paints, Esc stops.": "Ctrl + Enter 作画，Esc 停止。",
    "What shall we paint?": "今天画点什么？",
    "Write a few words, or start from one of these.": "写几个词，或从下面选一个开始。",
    "Sent to the painter": "已交给画师",
    "Sending": "正在发送",
    "Next in line": "下一个就是你",
    "Waiting, {ahead} ahead, about {time}": "等待中，前面还有 {ahead} 张，约 {time}",
    "Loading {model}, first time only · {time}": "正在加载 {model}，仅第一次需要 · {time}",
    "Step {index} of {total} · {time} left": "第 {index} / {total} 步 · 还需 {time}",
    "{done} of {count} done": "已完成 {done} / {count}",
    "Painted in {time}": "用时 {time}",
    "{count} pictures in {time}": "{count} 张，用时 {time}",
    "Stopped.": "已停止。",
    "Stopped. What there was is kept.": "已停止，画到这里的部分已保存。",
    "Stopping after this step": "这一步之后停止",
    "No word from the studio for a while. The picture is kept if it was finished.": (
        "有一阵没有收到画室的消息。若已画完，图片不会丢。"
    ),
    "The studio was started anew; this picture was not finished. Paint it again.": (
        "画室重新启动过；这张图没有画完，请再画一次。"
    ),
    "The connection broke before the picture was done.": "图片完成前连接断开了。",
    "Cancel": "取消",
    "seed {seed}": "种子 {seed}",
    "{steps} steps": "{steps} 步",
    "stopped at step {index} of {total}": "停在第 {index} / {total} 步",
    "{seconds} s": "{seconds} 秒",
    "{minutes} min": "{minutes} 分钟",
    "Picture {number} of {count}": "第 {number} / {count} 张",
    "waiting": "等待",
    "not painted": "没有画出",
    "Full size": "查看大图",
    "Download PNG": "下载 PNG",
    "Copy seed": "复制种子",
    "Seed copied": "种子已复制",
    "Use these settings": "沿用这些设置",
    "Compare": "对比",
    "Compare with another picture of the same size": "与同尺寸的另一张对比",
    "Paint another of this size to compare": "再画一张同尺寸的即可对比",
    "Recent pictures": "最近的画",
    "Your pictures will gather here.": "你的画会收在这里。",
    "Show this picture on the stage": "放到画面上",
    "Before and after": "前后对比",
    "Drag to compare": "拖动对比",
    "The other picture": "另一张",
    "Actual size": "原始大小",
    "Fit to window": "适应窗口",
    "Previous picture": "上一张",
    "Next picture": "下一张",
    "untitled": "无题",
    # Styles
    "No style": "无风格",
    "Oil painting": "油画",
    "Watercolour": "水彩",
    "Impressionism": "印象派",
    "Swirls": "漩涡笔触",
    "Pointillism": "点彩",
    "Ink wash": "水墨",
    "Woodblock": "木版画",
    "Stained glass": "彩绘玻璃",
    "Mosaic": "马赛克",
    "Low poly": "低多边形",
    "Pop art": "波普",
    "Pixel art": "像素画",
    "Pencil": "铅笔",
    "Digital": "数字绘画",
    # Samplers and models
    "Good pictures in few steps; the one to start with.": "少量步数就有好画面，先用它。",
    "As DPM++ 2M, with more of the steps on fine detail.": "同 DPM++ 2M，把更多步数用在细节上。",
    "Adds fresh noise as it goes: richer texture, needs more steps.": (
        "边走边加新噪声：质感更丰富，需要更多步数。"
    ),
    "Very few steps, clean shapes.": "步数极少，形状干净。",
    "Plain and predictable.": "朴素而可预料。",
    "Adds fresh noise at every step: lively, never settles.": "每一步都加新噪声：活泼，永不定型。",
    "Looks twice at every step: exact, half the speed.": "每一步看两遍：精确，速度减半。",
    "The classic; needs more steps.": "经典方法，需要更多步数。",
    "The original, all chance; needs 50 steps and more.": "最初的方法，全凭机遇；需要 50 步以上。",
    "Two to eight steps, for models trained for it.": "两到八步，供专门训练过的模型使用。",
    "The studio's own small painter; quick, works without a network.": (
        "画室自带的小画师；快，不需要网络。"
    ),
    "Live": "实时",
    "Another": "换一张",
    "Paints while you write, in four quick steps. Paint makes the same picture, finer.": (
        "边写边画，四步画成。点“作画”，同一张画得更细。"
    ),
    "Live, in {time}": "实时，{time}",
    "What to leave out counts for Paint alone.": "“不要出现”只在点“作画”时起作用。",
    "Live. It has rested, so it is kept.": "实时。停了一会儿，已留下。",
    "Palette in four quick steps, while you write; less fine.": (
        "Palette 的快手：四步画成，边写边画；没那么细。"
    ),
    "The classic all-rounder.": "经典的多面手。",
    "Large and detailed; wants a GPU.": "大而细致，最好有 GPU。",
    # Beginning with a picture
    "Stylise": "图生图",
    "Inpaint": "局部重绘",
    "Beyond the edge": "画到框外",
    "Repaint a part": "重画一部分",
    "What to paint": "画哪里",
    "Picture": "图片",
    "The picture to begin with.": "作为起点的图片。",
    "Your picture": "你的图片",
    "Bring a picture": "带一张图来",
    "Drop it anywhere here, paste it, or choose a file. Every picture you paint can be sent here too.": (
        "拖到这里任意处、粘贴，或选择文件。你画的每张图也可以发送到这里。"
    ),
    "Drop a picture here": "把图片拖到这里",
    "PNG, JPEG or WebP; or paste it": "PNG、JPEG 或 WebP；也可粘贴",
    "Choose a file": "选择文件",
    "Paste": "粘贴",
    "Camera": "相机",
    "Sketch": "画草图",
    "Change": "更换",
    "Remove": "移除",
    "Taking it in": "正在接收",
    "There is no picture in the clipboard.": "剪贴板里没有图片。",
    "The picture could not be sent.": "图片没能送出。",
    "Try again.": "请再试一次。",
    "The file is larger than the studio takes.": "文件超过了画室能接收的大小。",
    "Make the picture smaller.": "请把图片缩小。",
    "This picture is not here any more. Choose it again.": "这张图已不在这里，请重新选择。",
    "This picture is not here any more.": "这张图已不在这里。",
    "Choose it again.": "请重新选择。",
    "The picture took too long to arrive.": "图片传得太久。",
    "The request is not one picture.": "请求里不是一张图片。",
    "{label} must be an uploaded file or the name of a picture.": (
        "{label}应为已上传的文件或图片的名字。"
    ),
    "Upload the file first; addresses and paths are not followed.": (
        "请先上传文件；地址和路径不会被读取。"
    ),
    "Backdrop": "底色",
    "Another colour": "其他颜色",
    "Strength": "强度",
    "strength {strength}": "强度 {strength}",
    "How far to go from the picture. 0: not at all; 1: all the way.": (
        "离原图多远。0：完全不变；1：全部重来。"
    ),
    "How far to go from the drawn-out edge. 1: all the way.": "离延展出的边缘多远。1：全部重来。",
    "Keep": "保留",
    "Touch up": "润色",
    "Repaint": "重画",
    "Reimagine": "重新想象",
    "Strength 0.3: shapes stay, colours and brushwork change.": (
        "强度 0.3：形状不变，改变色彩与笔触。"
    ),
    "Strength 0.55: the composition stays, everything is painted anew.": (
        "强度 0.55：构图不变，全部重新画过。"
    ),
    "Strength 0.8: only light and large shapes stay.": "强度 0.8：只留下光线和大的形状。",
    "Sweep": "强度扫描",
    "Five strengths side by side, from a touch-up to a new picture.": (
        "五种强度并排，从润色到全新的画。"
    ),
    "Variations": "变体",
    "Neighbours of this picture, without words.": "这张图的近邻，不用文字。",
    "what it shows, in a few words": "用几个词说说画面",
    "what shall be there": "这里应该有什么",
    "Send to": "发送到",
    "Use as input": "用作起点",
    "Before": "之前",
    "Result": "结果",
    "{count} pixels changed outside the mask · seam {seam}": (
        "遮罩外改变了 {count} 个像素 · 接缝 {seam}"
    ),
    "At strength 0 nothing changes: this is the picture you gave.": (
        "强度为 0 时什么都不变：这就是你给的图。"
    ),
    "At this strength {made} of {steps} steps are made.": (
        "在这个强度下，{steps} 步中画 {made} 步。"
    ),
    "Check that the file may be read.": "请确认文件可读。",
    "{label} must be on or off, got {value}.": "{label}应为开或关，收到 {value}。",
    "{label} must look like {pattern}, got {value}.": (
        "{label}应写成 {pattern} 的样子，收到 {value}。"
    ),
    "Sees the mask and the picture around it; wants a GPU.": (
        "看得见遮罩和周围的画面；最好有 GPU。"
    ),
    "Its transparent parts lie on the backdrop.": "透明的部分铺在底色上。",
    "{made} of {steps} steps": "{steps} 步中的 {made} 步",
    "Waiting for the camera": "等待相机",
    "Take the picture": "拍照",
    "The camera cannot be used. Allow it in the browser, or choose a file.": (
        "相机不能用。请在浏览器中允许，或选择文件。"
    ),
    # Drawing
    "Sketch: draw what the picture shall show": "草图：画出想要的画面",
    "Mask: paint over what shall change": "遮罩：涂抹要改变的地方",
    "Drawing tools": "绘图工具",
    "Brush": "画笔",
    "Eraser": "橡皮",
    "Brush size": "画笔大小",
    "Undo": "撤销",
    "Redo": "重做",
    "Zoom in": "放大",
    "Zoom out": "缩小",
    "Fit": "适应",
    "Colours": "颜色",
    "Fill the sheet": "填满画布",
    "Clear the sheet": "清空画布",
    "Invert the mask": "反转遮罩",
    "Clear the mask": "清除遮罩",
    "Mask from a file": "从文件读取遮罩",
    "Mask from the picture's transparent parts": "用图片的透明部分作遮罩",
    "Back to the mask": "回到遮罩",
    "Back to the frame": "回到画框",
    "Back to the sketch": "回到草图",
    "Mask": "遮罩",
    "White: paint anew.": "白色：重新画。",
    "Look at": "看多大",
    "The whole picture, or only the area around the mask, larger and finer.": (
        "整张图，或只看遮罩周围，更大更细。"
    ),
    "Whole picture": "整张图",
    "Around the mask": "遮罩周围",
    "Start from": "从什么开始",
    "What lies under the mask before painting.": "作画前遮罩下面是什么。",
    "Noise": "噪声",
    "Blur": "模糊",
    "Colour": "颜色",
    "Where to start from a colour.": "从颜色开始时用的颜色。",
    "Grow": "扩大",
    "Widens the mask; below 0 narrows it.": "让遮罩变宽；小于 0 则变窄。",
    "Feather": "羽化",
    "Width of the soft edge outside the mask.": "遮罩外柔边的宽度。",
    "Invert": "反转",
    "Paint everything but the mask.": "画遮罩以外的一切。",
    "Paint the area to change first.": "请先涂抹要改变的地方。",
    "Choose a picture first.": "请先选一张图。",
    "{count} single pixels in the mask were left out.": "遮罩里有 {count} 个孤立像素没有计入。",
    "Left": "左",
    "Right": "右",
    "Top": "上",
    "Bottom": "下",
    "Pixels to add on this side.": "这一边要加的像素。",
    "{side}: pixels to add": "{side}：要加的像素",
    "Reset": "归零",
    "3:2": "3:2",
    "16:9": "16:9",
    "2:3": "2:3",
    "Say how far to carry the picture on, on at least one side.": "请至少在一边说明要延伸多远。",
    "The picture would have {width} x {height} pixels; the limit is {limit:.1f} million.": (
        "图片会有 {width} x {height} 像素；上限是 {limit:.1f} 百万。"
    ),
    "Add less.": "请少加一些。",
    "{title} is not made for this.": "{title} 不是为此而做的。",
    "Choose another.": "请选另一个。",
    # Refusals
    "Unknown {kind} {name}.": "没有名为 {name} 的{kind}。",
    "Did you mean {near}? Choose one of: {known}.": "是 {near} 吗？可选：{known}。",
    "Choose one of: {known}.": "可选：{known}。",
    "style": "风格",
    "sampler": "采样器",
    "model": "模型",
    "pixels": "像素",
    "Unknown setting {name}.": "没有名为 {name} 的设置。",
    "Settings are: {known}.": "设置有：{known}。",
    "A recipe must be settled before it is split into pictures.": "配方须先定下来才能分成单张。",
    "The recipe is not readable JSON.": "配方不是可读的 JSON。",
    "The recipe is of no known kind.": "配方的种类未知。",
    "Known kinds: {known}.": "已知种类：{known}。",
    "{label} must be text, got {value}.": "{label}应为文字，收到 {value}。",
    "{label} has {length:,} characters; the limit is {maximum:,}.": (
        "{label}有 {length:,} 个字符；上限为 {maximum:,}。"
    ),
    "Shorten it.": "请缩短。",
    "{label} must be a whole number, got {value}.": "{label}应为整数，收到 {value}。",
    "{label} must be a number, got {value}.": "{label}应为数字，收到 {value}。",
    "{label} must be from {low} to {high}, got {value}.": (
        "{label}应在 {low} 到 {high} 之间，收到 {value}。"
    ),
    "{label} must be a multiple of {multiple} {unit}, got {value}.": (
        "{label}应为 {multiple} {unit}的倍数，收到 {value}。"
    ),
    "Try {below} or {above}.": "可试 {below} 或 {above}。",
    "Choose a value from {low} to {high}.": "请选 {low} 到 {high} 之间的值。",
    "Something broke on our side (id {incident}).": "我们这边出了问题（编号 {incident}）。",
    "Nothing already made is lost. Try again; if it stays, report the id.": (
        "已画好的都还在。请再试一次；若仍如此，请告知该编号。"
    ),
    "{title} does not paint with {sampler}.": "{title} 不用 {sampler} 作画。",
    "This wish is for another version of {title} ({revision}).": (
        "这个愿望属于 {title} 的另一个版本（{revision}）。"
    ),
    "Leave the revision empty to use the one here.": "版本留空即用这里的。",
    "This would take about {minutes:,.0f} min; the limit is {limit:g} min.": (
        "这大约要 {minutes:,.0f} 分钟；上限是 {limit:g} 分钟。"
    ),
    "Choose a smaller size, fewer steps or fewer pictures.": "请选小一些的尺寸、少一些步数或张数。",
    "{name} must be a number from 0 to {highest}, got {value}.": (
        "{name} 应为 0 到 {highest} 之间的数，收到 {value}。"
    ),
    "Change the variable or remove it; then start again.": "请改掉或去掉这个变量，再重新启动。",
    # The engine
    "Try again in about {seconds:.0f} s.": "请约 {seconds:.0f} 秒后再试。",
    "The studio is full: {position} pictures are ahead of you.": (
        "画室已满：前面还有 {position} 张。"
    ),
    "You have {mine} pictures under way; the limit is {limit}.": (
        "你已有 {mine} 张在画；上限是 {limit} 张。"
    ),
    "A place is free in about {seconds:.0f} s, or cancel some.": (
        "约 {seconds:.0f} 秒后有空位，也可以取消一些。"
    ),
    "The model reads only the first words; these were left out: {ignored}": (
        "模型只读开头的词；这些没有读入：{ignored}"
    ),
    "The device ran out of memory; going on with {rows} rows at a time, slower.": (
        "设备内存不足；改为每次 {rows} 行继续，会慢一些。"
    ),
    "There is not enough memory for this picture.": "内存不够画这张图。",
    "Choose a smaller size or a smaller model.": "请选小一些的尺寸或模型。",
    "The studio is closing.": "画室正在关闭。",
    "Try again when it is open.": "请在它重新打开后再试。",
    "The model's last answer cannot be made a picture: it is not a number.": "模型最后的结果不是有效数字，无法成为图片。",
    "The model lost its way at step {step} of {total}: its answer is not a number.": (
        "模型在第 {step} / {total} 步迷了路：给出的不是数字。"
    ),
    "Lower the guidance or choose another sampler or seed.": "请降低引导强度，或换采样器、种子。",
    "There is no word map at this step: the model's attention is not a number.": (
        "这一步没有词语图：模型的注意力不是数字。"
    ),
    "Choose another step.": "请换一步。",
    "This model looks at the mask too, which is not kept with the steps; it has no word maps.": (
        "这个模型还要看遮罩，而遮罩不随步骤保存；它没有词语图。"
    ),
    "Open a picture of another model.": "请打开别的模型画的图片。",
    # Pictures on disk
    "There is no picture at {path}.": "{path} 没有图片。",
    "Check the spelling.": "请检查拼写。",
    "{name} is not a PNG picture.": "{name} 不是 PNG 图片。",
    "{name} carries no recipe of this studio.": "{name} 里没有本画室的配方。",
    "Choose a PNG made by this studio.": "请选本画室画的 PNG。",
    "Choose a PNG made here that no other program has saved again.": (
        "请选本画室画的、没有被其他程序另存过的 PNG。"
    ),
    "Choose another copy of the picture.": "请选这张图的另一份拷贝。",
    "Check that the file is there and may be read.": "请确认文件存在且可读。",
    "The recipe in {name} was written by a newer studio (version {version} of the format).": (
        "{name} 里的配方由更新的画室写成（格式版本 {version}）。"
    ),
    "Update the studio, then try again.": "请更新画室后再试。",
    "The recipe in {name} cannot be used: {reason}": "{name} 里的配方不能用：{reason}",
    "The file was changed since it was made; its pixels are still fine to look at.": (
        "文件在画成之后被改过；图仍然可以看。"
    ),
    "It is not on disk. Make room or allow writing there, then paint it again: seed {seed} gives the same picture.": (
        "图没有写到磁盘上。请腾出空间或允许写入，再画一次：种子 {seed} 会得到同一张。"
    ),
    "Make room or allow writing there, or set STUDIO_HOME to another folder. Then start again.": (
        "请腾出空间或允许写入，或把 STUDIO_HOME 设为别的文件夹，再重新启动。"
    ),
    "The picture could not be made again: it was stopped before the first step.": (
        "没能重新画出这张图：第一步之前就停下了。"
    ),
    "The pixels of {name} cannot be read: {reason}.": "{name} 的像素无法读取：{reason}。",
    "The file is damaged or was changed; choose another copy.": (
        "文件已损坏或被改动；请选另一份拷贝。"
    ),
    # Pictures that are given
    "This file is empty.": "这个文件是空的。",
    "Choose another one, or save the picture again.": "请另选一个，或重新保存图片。",
    "Not a PNG, JPEG or WebP image.": "不是 PNG、JPEG 或 WebP 图片。",
    "Open it in another program and save it as PNG, then try again.": (
        "请用其他程序打开并存为 PNG，再试一次。"
    ),
    "The image is damaged (ends too early).": "图片已损坏（结束得太早）。",
    "The image is damaged ({why}).": "图片已损坏（{why}）。",
    "Please re-export it.": "请重新导出。",
    "a checksum is wrong": "校验和不对",
    "a part is missing": "缺了一部分",
    "its palette is missing": "缺少调色板",
    "it has no size": "没有尺寸",
    "it gives two sizes": "有两个不同的尺寸",
    "it has too many parts": "分段太多",
    "it has too many passes": "扫描遍数太多",
    "its pixels cannot be unpacked": "像素无法解开",
    "there are no pixels in it": "里面没有像素",
    "There is no such file.": "没有这个文件。",
    "Check that it may be read.": "请确认文件可读。",
    "The file has {megabytes:,.1f} MB; the limit is {limit} MB.": (
        "文件有 {megabytes:,.1f} MB；上限为 {limit} MB。"
    ),
    "Make the picture smaller, or save it as JPEG.": "请缩小图片，或存为 JPEG。",
    "Image is {width}x{height} ({megapixels} MP); the limit is {limit} MP.": (
        "图片为 {width}x{height}（{megapixels} 百万像素）；上限为 {limit} 百万像素。"
    ),
    "Make it smaller: {fits_width}x{fits_height} fits.": (
        "请缩小：{fits_width}x{fits_height} 就可以。"
    ),
    "Image is {width}x{height}: too thin.": "图片为 {width}x{height}：太窄。",
    "Each side needs {side} pixels, and the longer at most {aspect} times the shorter.": (
        "每边至少 {side} 像素，长边最多为短边的 {aspect} 倍。"
    ),
    "Backdrop must look like #ffffff, got {value}.": "底色应写成 #ffffff 的样子，收到 {value}。",
    "Write it as # and six hex digits.": "请写成 # 加六位十六进制数字。",
    "This is an animation; its first picture is taken.": "这是动画；取第一张。",
    "The mask is {mask} and the picture {picture}; the mask was stretched to fit.": (
        "蒙版为 {mask}，图片为 {picture}；蒙版已拉伸到一样大。"
    ),
    "The settings of another program are passed over: {names}.": (
        "其他程序的设置未采用：{names}。"
    ),
    "{reason} The picture is taken without it.": "{reason} 图片照收，不带配方。",
    "{name} names no picture.": "{name} 不是图片的名字。",
    "Choose the picture again.": "请重新选择图片。",
    "The picture this starts from is not here any more ({name}).": (
        "作为起点的图片已不在这里（{name}）。"
    ),
    "The picture this starts from was damaged on disk ({name}).": (
        "作为起点的图片在磁盘上损坏了（{name}）。"
    ),
    "Make room or allow writing there, then choose the picture again.": (
        "请腾出空间或允许写入，再重新选择图片。"
    ),
    # Models on disk
    "{title} is not on this machine.": "这台机器上没有 {title}。",
    "Make it of the model it belongs to: {command}.": "用它所属的模型来做：{command}。",
    "{title} was made for other weights than those it lies beside.": (
        "{title} 不是为它旁边的这份权重做的。"
    ),
    "Make it again: {command}.": "重新做一次：{command}。",
    "Get it with: python -m studio models --get {name} ({gigabytes} GB).": (
        "获取：python -m studio models --get {name}（{gigabytes} GB）。"
    ),
    "Get it again: python -m studio models --get NAME.": (
        "重新获取：python -m studio models --get NAME。"
    ),
    "{title} could not be fetched: {reason}.": "{title} 获取失败：{reason}。",
    "Try again; what has arrived is kept.": "请重试；已到的部分会保留。",
    "There is not enough memory to load {title} ({gigabytes} GB).": (
        "内存不够加载 {title}（{gigabytes} GB）。"
    ),
    "Choose a smaller model or close other programs.": "请选小一些的模型，或关掉其他程序。",
    "The model's {component} could not be loaded.": "模型的 {component} 无法加载。",
    "Its files do not fit together ({reason}). Get the model again.": (
        "它的文件互不匹配（{reason}）。请重新获取模型。"
    ),
    "The model's {component} lacks the weights {key}.": "模型的 {component} 缺少权重 {key}。",
    "The files belong to another model or version. Get the model again.": (
        "这些文件属于另一个模型或版本。请重新获取模型。"
    ),
    "The weights {key} of the model's {component} are not numbers.": (
        "模型 {component} 的权重 {key} 不是数字。"
    ),
    "The file is damaged. Get the model again.": "文件已损坏。请重新获取模型。",
    "The model file {file} is damaged or incomplete.": "模型文件 {file} 损坏或不完整。",
    "The model is not complete: {file} is missing.": "模型不完整：缺少 {file}。",
    "Choose a model from the list.": "请从列表中选一个模型。",
    "The model brings program code along ({file}), which the studio never runs.": (
        "模型带有程序代码（{file}），画室从不运行这样的代码。"
    ),
    "Use a model that consists of weights alone.": "请用只含权重的模型。",
    "Delete it and get the model again.": "请删除后重新获取模型。",
    "The model's {component} has no safetensors weights.": (
        "模型的 {component} 没有 safetensors 权重。"
    ),
    "Other weight formats can run code when opened and are refused.": (
        "其他权重格式打开时可能运行代码，因此被拒绝。"
    ),
    "The model's {component} is of a kind the studio does not load: {name}.": (
        "模型的 {component} 属于画室不加载的种类：{name}。"
    ),
}
