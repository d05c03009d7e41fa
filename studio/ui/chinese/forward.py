"""The step viewer: order into noise, in Chinese."""

WORDS: dict[str, str] = {
    "Step viewer": "步骤查看",
    "Order into noise": "从有序到噪声",
    "How a picture disappears": "一张图片如何消失",
    "Drag the slider. Step by step the same noise covers your picture, until only noise is left. "
    "A model that paints has learned to walk this way back.": (
        "拖动滑块。同一份噪声一步步盖住图片，直到只剩噪声。会作画的模型，学的就是把这条路走回来。"
    ),
    # Which picture
    "Choose a picture": "选一张图片",
    "Example": "示例",
    "Example: a forest": "示例：森林",
    "Example: a meadow": "示例：草地",
    "Example: mountains": "示例：群山",
    "Your picture is no longer at hand. Choose it again.": "你的图片已不在这里。请重新选择。",
    "The picture to cover with noise.": "要被噪声盖住的图片。",
    "Schedule": "噪声表",
    "How the noise comes in, from timestep to timestep.": "噪声一步步怎样到来。",
    "Timesteps": "时间步数",
    "Fixed: the model was trained with this many.": "固定：模型就是按这个步数训练的。",
    "How many small steps there are from picture to noise.": "从图片到噪声一共多少小步。",
    "Seed of the noise": "噪声的种子",
    "The same seed is the same noise, at every timestep.": "同样的种子，每一步都是同样的噪声。",
    "Space": "空间",
    "Noise on the pixels, or on the model's own numbers for the picture.": (
        "噪声加在像素上，还是加在模型表示图片的数上。"
    ),
    # Three views
    "In pixels": "在像素里",
    "Noise is added to every colour of every pixel.": "噪声加在每个像素的每种颜色上。",
    "In the model's space": "在模型的空间里",
    "The model sees a picture as a few numbers per cell. Here they get the noise, and its decoder draws them.": (
        "在模型眼里，图片的每一格是几个数。噪声加在这些数上，再由解码器画出来。"
    ),
    "Those numbers": "这些数",
    "Those numbers, {count} channels": "这些数，共 {count} 个通道",
    "Each tile is one channel of the latent: dark is low, light is high.": (
        "每一块是潜变量的一个通道：暗的小，亮的大。"
    ),
    "The noised picture, pixel by pixel": "逐像素加了噪声的图片",
    "The noised latent, decoded": "加了噪声的潜变量，解码后",
    "The channels of the noised latent": "加了噪声的潜变量的各通道",
    "The latent cannot be shown here.": "这里无法显示潜变量。",
    "The model is still loading.": "模型还在加载。",
    "This part comes by itself when it is there.": "加载好后，这里会自动出现。",
    "quick look": "速览",
    "decoder": "解码器",
    # The slider and its numbers
    "Timestep": "时间步",
    "timestep t": "时间步 t",
    "How many steps of noise": "加了多少步噪声",
    "Share of signal variance left": "剩下的信号方差比例",
    "Noise where the signal keeps its size": "信号保持原大小时的噪声",
    "signal to noise": "信噪比",
    "Signal-to-noise ratio in decibel": "信噪比，分贝",
    "signal left": "剩下的信号",
    "timestep {t}, {share} % signal left": "时间步 {t}，剩 {share} % 信号",
    "Play": "播放",
    "Pause": "暂停",
    "{label} goes from {low} to {high}; {value} is taken.": "{label}可取 {low} 到 {high}；取 {value}。",
    "Other noise": "换一份噪声",
    # Why
    "The formula of the moment": "此刻的公式",
    "Some of the picture, plus some of the noise. Point at a pixel to see its own numbers.": (
        "一部分图片，加一部分噪声。指向一个像素，看它自己的数。"
    ),
    "Red": "红",
    "Green": "绿",
    "Blue": "蓝",
    "The pixel at {x}, {y}": "像素 {x}, {y}",
    "How fast the noise comes in": "噪声来得多快",
    "A schedule says how much signal is left at each timestep. Drag the point.": (
        "噪声表规定每个时间步剩下多少信号。可以拖动圆点。"
    ),
    "Share of signal left over the timesteps": "各时间步剩下的信号比例",
    "signal": "信号",
    "noise": "噪声",
    "Linear": "线性",
    "Scaled linear": "缩放线性",
    "Cosine": "余弦",
    "The model's own": "模型自己的",
    "What the values become": "数值会变成什么",
    "Bars: how often each value occurs now. Line: pure noise, the normal curve. "
    "At the end they agree, whatever the picture was.": (
        "柱：此刻每个数值出现的多少。线：纯噪声，即正态曲线。无论是什么图片，最后两者一致。"
    ),
    "How often each value occurs, and the normal curve": "每个数值出现的多少，和正态曲线",
    "Pixels": "像素",
    "Latent": "潜变量",
    # The whole way
    "The whole way": "全程",
    "Pictures": "张数",
    "The way in a few pictures": "用几张图看全程",
    "Go to timestep {t}": "到时间步 {t}",
    "Strip": "长条",
    "Download the whole way as {kind}": "把全程下载为 {kind}",
    "Another film is being made.": "正在生成另一段影片。",
    "Trying again.": "正在重试。",
    "Try again in a moment.": "请稍后再试。",
    "Making the file": "正在生成文件",
    "The studio does not answer.": "画室没有回应。",
    "MP4 needs the package {package}, which is not installed.": "MP4 需要软件包 {package}，这里没有安装。",
    "Install it with: pip install {package}. GIF and WebP work without it.": (
        "安装：pip install {package}。GIF 和 WebP 不需要它。"
    ),
    "There is no {kind} of a film.": "影片没有 {kind} 这种格式。",
    "Choose one of: {known}.": "可选：{known}。",
    # What goes wrong
    "The model's own noise schedule cannot be read.": "读不出模型自己的噪声表。",
    "Choose another schedule, or get the model again.": "换一种噪声表，或重新获取模型。",
    "Timestep {t} is out of range; the nearest one from 0 to {last} is shown.": (
        "时间步 {t} 超出范围；显示 0 到 {last} 中最近的一个。"
    ),
    "No timestep was named; timestep 0 is shown.": "没有给出时间步；显示第 0 步。",
    "{count} pictures are too many; {most} are shown.": "{count} 张太多；显示 {most} 张。",
    "A film has at least one picture; timestep 0 is shown.": "影片至少有一张图；显示第 0 步。",
    "{name} must be a whole number, got {value}.": "{name} 必须是整数，收到 {value}。",
    "Timesteps must be a list of whole numbers.": "时间步必须是一列整数。",
    "For example [0, 250, 500].": "例如 [0, 250, 500]。",
}
