"""Notices about lessons: who comes, what it costs, what changed."""

from collections.abc import Mapping

from backend.outbox.schemas import NoticeKind
from backend.outbox.template import Template, progress, task

LESSON_TEMPLATES: Mapping[str, Template] = {
    "lesson_settled": Template(
        title="课时变动",
        text="{child}{time}的{course}：{reason}，{charge}。有疑问直接在这里告诉我，老师马上核对。",
        wechat="progress",
        fields=progress(what="{course}", state="课时变动", note="{charge}"),
    ),
    "lessons_used_up": Template(
        title="课时不足",
        text="{child}上了{time}的{course}，但课时账户已经用完，这1课时还没有扣。"
        "请联系家长续费，或核对点名；续费到账后系统会自动补扣。",
        wechat="task",
        fields=task(what="课时不足：{course}", whom="{child}", when="请今天联系"),
        kind=NoticeKind.TASK,
    ),
    "corrected_after_refund": Template(
        title="退费后改了考勤",
        text="{child}{time}的{course}考勤已改为不扣课时，但这笔课时已经办过退费。"
        "请核对退费时扣了多少，需要补退的请联系家长后人工转账。",
        wechat="task",
        fields=task(what="核对退费：{course}", whom="{child}", when="请今天核对"),
        kind=NoticeKind.TASK,
    ),
    "leave_taken": Template(
        title="学员请假",
        text="{child}请假，{time}的{class_name}不来了。点名时已自动标为请假，您不用处理。",
        wechat="task",
        fields=task(what="请假：{class_name}", whom="{child}", when="{time}"),
        kind=NoticeKind.TASK,
    ),
    "leave_revoked": Template(
        title="学员取消请假",
        text="{child}取消了请假，{time}的{class_name}会来上课。请按时上课点名。",
        wechat="task",
        fields=task(what="会来上课：{class_name}", whom="{child}", when="{time}"),
        kind=NoticeKind.TASK,
    ),
    "makeup_booked": Template(
        title="补课学员",
        text="{child}约了{time}在{class_name}补课。点名名单里已经加上，请留一个座位。",
        wechat="task",
        fields=task(what="补课：{class_name}", whom="{child}", when="{time}"),
        kind=NoticeKind.TASK,
    ),
    "trial_booked": Template(
        title="试听学员",
        text="{child}约了{time}在{class_name}试听。点名名单里已经加上，请留一个座位。",
        wechat="task",
        fields=task(what="试听：{class_name}", whom="{child}", when="{time}"),
        kind=NoticeKind.TASK,
    ),
    "trial_freed": Template(
        title="试听取消",
        text="{child}不来{time}的{class_name}试听了。名单已更新，您不用处理。",
        wechat="task",
        fields=task(what="试听取消：{class_name}", whom="{child}", when="{time}"),
        kind=NoticeKind.TASK,
    ),
    "lesson_cancelled": Template(
        title="课程取消通知",
        text="抱歉，{child}{time}的{class_name}因{reason}取消，不扣课时。"
        "回复「补课」可以选时间补上，有疑问直接告诉我。",
        wechat="progress",
        fields=progress(what="{class_name}", state="已取消", note="{time}不上课，不扣课时"),
        urgent=True,
    ),
    "draft_ready": Template(
        title="课表草案排好了",
        text="课表草案「{title}」排好了，{unplaced}节没排上。请到工作台的「排课」里和现在的课表对照，满意就采用。",
        wechat="task",
        fields=task(what="课表草案「{title}」", whom="{unplaced}节没排上", when="请对照后采用"),
        kind=NoticeKind.TASK,
    ),
    "lesson_moved": Template(
        title="调课通知",
        text="{child}的课有调整：{moves}。原因：{reason}。"
        "收到请点「知道了 {number}」，来不了请点「不方便 {number}」，教务老师会联系您。",
        wechat="progress",
        fields=progress(what="{child}的课", state="时间调整", note="{moves}"),
        taps=("知道了 {number}", "不方便 {number}"),
        urgent=True,
        whole=True,
    ),
    "lesson_moved_staff": Template(
        title="您的课有调整",
        text="您的课有调整：{moves}。原因：{reason}。"
        "收到请点「知道了 {number}」，不行请点「不方便 {number}」，教务老师会联系您。",
        wechat="task",
        fields=task(what="调课", whom="您的课", when="{moves}"),
        kind=NoticeKind.TASK,
        taps=("知道了 {number}", "不方便 {number}"),
        urgent=True,
        whole=True,
    ),
    "lesson_cancelled_teacher": Template(
        title="您的课取消了",
        text="{time}的{class_name}因{reason}取消，学员家长已经通知。有疑问请联系教务老师。",
        wechat="task",
        fields=task(what="取消：{class_name}", whom="您的课", when="{time}"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "substitution_proposed": Template(
        title="需要安排代课",
        text="{teacher}老师请假，{time}的{class_name}需要代课，建议{substitute}（{load}）。"
        "回复「代课 {number} 同意」马上安排，或「代课 {number} 换 姓名」换人。",
        wechat="task",
        fields=task(what="代课：{class_name}", whom="{teacher}老师", when="{time}"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "substitute_wanted": Template(
        title="请您代课",
        text="请您代{teacher}老师上{time}的{class_name}（{place}）。"
        "有困难请尽快联系教务老师；上课当天回复「点名」就能点名。",
        wechat="task",
        fields=task(what="代课：{class_name}", whom="代{teacher}老师", when="{time}"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "substitution_settled": Template(
        title="代课已安排",
        text="您{time}的{class_name}由{substitute}老师代课，学员家长已经通知。请安心处理您的事情。",
        wechat="task",
        fields=task(what="已安排代课", whom="{substitute}老师", when="{time}"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "teacher_changed": Template(
        title="任课老师变动",
        text="{child}{time}的{class_name}由{substitute}老师代课，时间地点不变。"
        "有疑问直接在这里告诉我就好。",
        wechat="progress",
        fields=progress(what="{class_name}", state="老师变动", note="{substitute}老师代课"),
        urgent=True,
    ),
    "class_changed": Template(
        title="班级名单变动",
        text="{child}从{from_class}转到{to_class}，{day}起生效。点名名单已经更新，您不用处理。",
        wechat="task",
        fields=task(what="转班：{to_class}", whom="{child}", when="{day}起"),
        kind=NoticeKind.TASK,
    ),
    "study_paused": Template(
        title="学员停课",
        text="{child}从{day}起在{class_name}{what}。点名名单已经更新，您不用处理。",
        wechat="task",
        fields=task(what="{what}：{class_name}", whom="{child}", when="{day}起"),
        kind=NoticeKind.TASK,
    ),
    "roll_call_missing": Template(
        title="还没有点名",
        text="{time}的{class_name}还没有点名，课时和课酬都等着它。请回复「点名」，一句话就好。",
        wechat="task",
        fields=task(what="点名：{class_name}", whom="您的课", when="{time}"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "reconciliation": Template(
        title="课时核对有差异",
        text="{day}的点名、课时和课酬核对有{count}处差异：{what}。请在今天核对并更正。",
        wechat="task",
        fields=task(what="课时核对{count}处差异", whom="{day}", when="请今天核对"),
        kind=NoticeKind.TASK,
    ),
    "homework_set": Template(
        title="有新作业",
        text="{child}的{course}有新作业，{teacher}老师布置：{words}。{due}前交，"
        "做完了回复「交作业」再发照片就行。",
        wechat="progress",
        fields=progress(what="{course}作业", state="新作业", note="{due}前交"),
    ),
    "homework_withdrawn": Template(
        title="作业已撤回",
        text="{child}的{course}作业「{words}」老师已经撤回，不用做了。看其他作业回复「有什么作业」。",
        wechat="progress",
        fields=progress(what="{course}作业", state="已撤回", note="不用做了"),
    ),
    "homework_commented": Template(
        title="作业批改好了",
        text="{child}的{course}作业，{teacher}老师批改：{said}想跟老师说什么，直接在这里告诉我就好。",
        wechat="progress",
        fields=progress(what="{course}作业", state="已批改", note="{said}"),
    ),
    "homework_again": Template(
        title="作业请订正",
        text="{child}的{course}作业，{teacher}老师批改：{said}订正好了回复「交作业」再发照片就行。",
        wechat="progress",
        fields=progress(what="{course}作业", state="请订正", note="{said}"),
    ),
    "scores_published": Template(
        title="成绩出来了",
        text="{child}的{course}「{exam}」成绩出来了。回复「成绩」查看，只有本人和家长能看到。",
        wechat="progress",
        fields=progress(what="{course}成绩", state="已发布", note="回复「成绩」查看"),
    ),
    "score_corrected": Template(
        title="成绩有更正",
        text="{child}的{course}「{exam}」成绩老师刚更正过。回复「成绩」查看，有疑问直接在这里问就好。",
        wechat="progress",
        fields=progress(what="{course}成绩", state="有更正", note="回复「成绩」查看"),
    ),
    "lesson_summary": Template(
        title="课堂反馈",
        text="{child}今天的{course}，{teacher}老师说：{words}\n想跟老师说什么，直接在这里告诉我就好。",
        wechat="progress",
        fields=progress(what="{course}", state="课堂反馈", note="{words}"),
    ),
    "class_too_small": Template(
        title="班级人数不足",
        text="{class_name}{day}开课，目前{count}人，低于最少{least}人。"
        "请决定合班、延期或全额退款，并告诉家长。",
        wechat="task",
        fields=task(what="人数不足：{class_name}", whom="目前{count}人", when="{day}开课"),
        kind=NoticeKind.TASK,
    ),
}
