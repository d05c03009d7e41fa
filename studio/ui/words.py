"""Every word of the page, in English and Chinese. The English sentence is the key, so code reads as the page does.

Sentences with values are templates: "{label} must be from {low} to {high}, got {value}." is translated first and filled in after;
values that are words of the page themselves (a label, a unit) are translated too.
"""

import re
from functools import cache

import gradio as gr

CHINESE: dict[str, str] = {
    # The page around
    "Atelier": "Atelier 画室",
    "Text to image": "文生图",
    "ready": "就绪",
    "loading": "加载中",
    "loads with the first picture": "画第一张时加载",
    "queue: {count}": "排队：{count}",
    "The studio does not answer. Trying again.": "画室没有回应，正在重试。",
    "Language": "语言",
    "Switch to Chinese": "切换到英文",
    "Dark": "深色",
    "Light": "浅色",
    "Switch between light and dark": "切换浅色与深色",
    "Skip to the stage": "跳到画面",
    "Not found.": "没有找到。",
    "Close": "关闭",
    # Words
    "Prompt": "提示词",
    "What the picture shows, in your own words.": "用你自己的话描述画面。",
    "a lighthouse on a cliff by the sea at sunset": "例如 a lighthouse on a cliff by the sea at sunset",
    "Leave out": "不要出现",
    "What the picture should not show.": "画面里不应出现的东西。",
    "fog, people": "例如 fog, people",
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
    "Painting": "正在画",
    "Surprise me": "给我惊喜",
    "Advanced": "高级",
    "Steps": "步数",
    "More steps: finer, slower.": "步数越多越细致，也越慢。",
    "Guidance": "引导强度",
    "How strongly the words pull. 1: not at all beyond the model; high: harsh.": "文字的牵引力。1：不额外牵引；过高：生硬。",
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
    "no near word": "没有相近的词",
    "Too long for the model; not read: {words}": "超出模型长度，未读入：{words}",
    "This looks like an access key: {part}. It would be written into the picture's file.": (
        "这像是访问密钥：{part}。它会被写进图片文件。"
    ),
    "Say what to paint, or choose a style.": "写下想画什么，或选一种风格。",
    "For example: a lighthouse by the sea.": "例如：a lighthouse by the sea。",
    # The stage
    "Stage": "画面",
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
    "{label} has {length:,} characters; the limit is {maximum:,}.": "{label}有 {length:,} 个字符；上限为 {maximum:,}。",
    "Shorten it.": "请缩短。",
    "{label} must be a whole number, got {value}.": "{label}应为整数，收到 {value}。",
    "{label} must be a number, got {value}.": "{label}应为数字，收到 {value}。",
    "{label} must be from {low} to {high}, got {value}.": "{label}应在 {low} 到 {high} 之间，收到 {value}。",
    "{label} must be a multiple of {multiple} {unit}, got {value}.": "{label}应为 {multiple} {unit}的倍数，收到 {value}。",
    "Try {below} or {above}.": "可试 {below} 或 {above}。",
    "Choose a value from {low} to {high}.": "请选 {low} 到 {high} 之间的值。",
    "{name} must be a number, got {value}.": "{name} 应为数字，收到 {value}。",
    "Something broke on our side (id {incident}).": "我们这边出了问题（编号 {incident}）。",
    "Nothing already made is lost. Try again; if it stays, report the id.": "已画好的都还在。请再试一次；若仍如此，请告知该编号。",
}


def say(template: str, language: str, **values: object) -> str:
    """The sentence in a language, its values filled in; English where there is no translation."""
    if language == "zh-CN":
        template = CHINESE.get(template, template)
        values = {
            name: CHINESE.get(value, value) if isinstance(value, str) else value
            for name, value in values.items()
        }
    return template.format(**values) if values else template


def duration(seconds: float, language: str) -> str:
    """A length of time as a person says it: "0.9 s", "12 s", "3 min"."""
    if seconds < 9.95:
        return say("{seconds} s", language, seconds=f"{max(seconds, 0.0):.1f}")
    if seconds < 99.5:
        return say("{seconds} s", language, seconds=f"{seconds:.0f}")
    return say("{minutes} min", language, minutes=f"{seconds / 60:.0f}")


def text(english: str) -> gr.i18n.I18nData:
    """A sentence without values for a Gradio component; the browser shows it in the page's language."""
    return i18n()(_key(english))


@cache
def i18n() -> gr.I18n:
    """Gradio's own dictionary, made of ours."""
    plain = {english: chinese for english, chinese in CHINESE.items() if "{" not in english}
    return gr.I18n(
        **{
            "en": {_key(english): english for english in plain},
            "zh-CN": {_key(english): chinese for english, chinese in plain.items()},
        }
    )


def _key(english: str) -> str:
    """A key without dots and spaces, which Gradio's dictionary would read as a path."""
    return "atelier_" + re.sub(r"\W+", "_", english).strip("_")
