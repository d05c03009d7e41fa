"""What is said of the steps kept beside pictures, in Chinese."""

# ruff: noqa: E501

_AGAIN = "图片本身完好；它的步骤可按配方重新生成。"

WORDS: dict[str, str] = {
    "The steps in {name} cannot be read: {why}.": "{name} 里的步骤无法读取：{why}。",
    "The picture itself is fine; its steps can be made again from its recipe.": _AGAIN,
    "The steps in {name} were written by a newer studio (version {version} of the format).": "{name} 里的步骤由更新版的画室写成（格式版本 {version}）。",
    "Update the studio. The picture itself is fine.": "请更新画室。图片本身完好。",
    "The steps in {name} were written by an older studio (version {version} of the format).": "{name} 里的步骤由旧版画室写成（格式版本 {version}）。",
    "The steps in {name} are those of another picture.": "{name} 里的步骤属于另一张图片。",
    "The picture is kept, its steps are not: they would take more than the {limit:.3g} GiB set aside for them.": "图片已保存，步骤没有：它们会超出为其预留的 {limit:.3g} GiB。",
    "Raise STUDIO_STEPS_GIB.": "请调大 STUDIO_STEPS_GIB。",
    "The picture is kept, its steps are not: {why}.": "图片已保存，步骤没有：{why}。",
    "They can be made again from its recipe.": "它们可按配方重新生成。",
    "The steps of this picture are not kept any more.": "这张图片的步骤已不再保存。",
    "There is no such picture.": "没有这张图片。",
    "It may have been deleted.": "它可能已被删除。",
    "The star could not be kept: {why}.": "星标未能保存：{why}。",
    "Make room or allow writing there, then try again.": "请腾出空间或允许写入，然后再试。",
    "These two pictures cannot be compared step by step: they differ in size or model.": "这两张图片无法逐步比较：尺寸或模型不同。",
    "Choose one of the same size.": "请选择同样尺寸的图片。",
    "This model has no layers called {group}.": "这个模型没有名为 {group} 的层。",
    "It has: {known}.": "它有：{known}。",
    "There is no word {word} in what the model reads here.": "模型在这里读到的词里没有第 {word} 个。",
    "It reads {count} words.": "它读 {count} 个词。",
    "This picture has no steps: it is the one that was given.": "这张图片没有步骤：它就是给出的那一张。",
    "No step is made yet.": "还没有完成任何一步。",
    "Wait a moment.": "请稍候。",
    "This picture is still being painted.": "这张图片还在画。",
    "Stop it first.": "请先停止它。",
    "No steps are kept here, so they cannot be made again.": "这里不保存步骤，因此无法重新生成。",
    "This picture is finished; there is nothing left to do.": "这张图片已经完成，没有剩下的步骤。",
    "So it is made from the start.": "因此从头开始画。",
    "The picture came out differently this time, so these are not its steps.": "这次画出的图片不一样，所以这些不是它的步骤。",
    "Another device or version painted it. Open the new one instead.": "它由另一台设备或另一版本画成。请改为打开新的图片。",
    "Steps must be a list of whole numbers.": "步骤应为整数的列表。",
    "For example [0, 5, 10].": "例如 [0, 5, 10]。",
}
