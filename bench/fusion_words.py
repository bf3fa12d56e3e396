"""Words that invented reports are written with: names of places, acts, objects, units and tolls in five languages.

Nothing here is a real place or person. A name is a row of syllables, spelled by each language in its own script, so that
reports on one happening share names the way real ones do: not at all letter by letter across scripts, nearly within one.
"""

from __future__ import annotations

import numpy as np
import polars as pl

LANGUAGES = ("en", "ru", "uk", "ar", "fr")
# Each language spells a name in one of two ways.
SPELLINGS = 2
# en, en (other spelling), ru, uk, ar, fr, fr (other spelling)
SYLLABLES_WRITTEN = """
kar kar кар кар كار kar car
shu schu шу шу شو chou shou
lyn lin лин лін لين line lyn
dob dob доб доб دوب dob dobe
rek reck рек рек ريك rek rec
mala mala мала мала مالا mala malla
zhor jor жор жор جور jor zhor
vesh wesh веш веш فيش vech vesh
tali taly тали талі تالي tali taly
nur noor нур нур نور nour nur
khe he хе хе خي khe he
bor bor бор бор بور bor bore
sel sell сел сел سيل sel selle
ghar gar гар гар غار ghar gar
ivka ifka ивка івка ايفكا ivka ifka
mir meer мир мир مير mir mire
pol pol пол пол بول pol pole
tsov tzov цов цов تسوف tsov tsof
yar iar яр яр يار yar iar
hab hab хаб хаб حاب hab habe
usk usk уск уск اوسك ousk usk
den den ден ден دين den denne
fal fal фал фал فال fal phal
oro oro оро оро اورو oro oro
"""
SYLLABLES = [line.split() for line in SYLLABLES_WRITTEN.strip().splitlines()]
COLUMN = {"en": (0, 1), "ru": (2, 2), "uk": (3, 3), "ar": (4, 4), "fr": (5, 6)}

# The acts that happen, each with the words of a language; two ways of saying it, split by "/".
ACT_WORDS: dict[str, dict[str, str]] = {
    "airstrike": {
        "en": "air strike hits/warplanes bombed",
        "ru": "авиаудар пришёлся/самолёты нанесли удар",
        "uk": "авіаудар стався/літаки завдали удару",
        "ar": "غارة جوية استهدفت/قصف الطيران",
        "fr": "frappe aérienne touche/des avions bombardent",
    },
    "shelling": {
        "en": "shelling reported/artillery fire struck",
        "ru": "обстрел зафиксирован/артиллерия ударила",
        "uk": "обстріл зафіксовано/артилерія вдарила",
        "ar": "قصف مدفعي طال/سقطت قذائف",
        "fr": "bombardement signalé/tirs d'artillerie",
    },
    "medical_attack": {
        "en": "clinic hit/ambulance crew attacked",
        "ru": "больница попала под удар/атакована скорая",
        "uk": "лікарня під ударом/атаковано швидку",
        "ar": "استهداف مشفى/استهداف سيارة اسعاف",
        "fr": "clinique touchée/ambulance attaquée",
    },
    "convoy_attack": {
        "en": "aid trucks hit/relief convoy attacked",
        "ru": "атакована гуманитарная колонна/удар по грузовикам",
        "uk": "атаковано гуманітарну колону/удар по вантажівках",
        "ar": "استهداف قافلة اغاثة/قصف شاحنات مساعدات",
        "fr": "convoi humanitaire attaqué/camions d'aide touchés",
    },
    "sniper": {
        "en": "sniper fire/shot by a sniper",
        "ru": "огонь снайпера/снайпер открыл огонь",
        "uk": "вогонь снайпера/снайпер відкрив вогонь",
        "ar": "رصاص قناص/قنص",
        "fr": "tir de sniper/tireur embusqué",
    },
    "ground_attack": {
        "en": "assault on positions/infantry attacked",
        "ru": "штурм позиций/пехота атаковала",
        "uk": "штурм позицій/піхота атакувала",
        "ar": "هجوم بري/اقتحام مواقع",
        "fr": "assaut contre des positions/attaque d'infanterie",
    },
    "ied": {
        "en": "mine blast/roadside bomb exploded",
        "ru": "подрыв на мине/взорвалась бомба",
        "uk": "підрив на міні/вибухнула бомба",
        "ar": "انفجار لغم/عبوة ناسفة",
        "fr": "explosion d'une mine/bombe artisanale",
    },
    "battle": {
        "en": "clashes/heavy fighting",
        "ru": "бои/столкновения",
        "uk": "бої/зіткнення",
        "ar": "اشتباكات/معارك عنيفة",
        "fr": "combats/affrontements",
    },
    "violence_against_civilians": {
        "en": "shooting leaves victims/gunman opened fire",
        "ru": "стрельба по людям/расстрел",
        "uk": "стрілянина по людях/розстріл",
        "ar": "اطلاق نار/استهداف مدنيين",
        "fr": "fusillade/tirs sur des civils",
    },
    "abduction": {
        "en": "people taken away/kidnapping",
        "ru": "похищение/увезли людей",
        "uk": "викрадення/вивезли людей",
        "ar": "خطف/اختطاف مدنيين",
        "fr": "enlèvement/personnes emmenées",
    },
    "capture": {
        "en": "took control/village captured",
        "ru": "взяли под контроль/захвачено село",
        "uk": "взяли під контроль/захоплено село",
        "ar": "السيطرة على/سقوط بلدة",
        "fr": "prise de contrôle/village pris",
    },
    "property": {
        "en": "houses burned/looting",
        "ru": "сожжены дома/мародёрство",
        "uk": "спалено будинки/мародерство",
        "ar": "حرق منازل/نهب",
        "fr": "maisons brûlées/pillage",
    },
}
ACTS = tuple(ACT_WORDS)
# What an act is taken for: the means for the target, one kind of fire for another.
TAKEN_FOR: dict[str, tuple[str, ...]] = {
    "airstrike": ("shelling", "shelling", "ground_attack"),
    "shelling": ("airstrike", "battle", "ied"),
    "medical_attack": ("airstrike", "shelling", "shelling"),
    "convoy_attack": ("airstrike", "shelling", "ied"),
    "sniper": ("ground_attack", "violence_against_civilians", "battle"),
    "ground_attack": ("battle", "battle", "capture"),
    "ied": ("shelling", "violence_against_civilians", "ground_attack"),
    "battle": ("ground_attack", "ground_attack", "shelling"),
    "violence_against_civilians": ("battle", "sniper", "property"),
    "abduction": ("violence_against_civilians", "property", "violence_against_civilians"),
    "capture": ("ground_attack", "battle", "battle"),
    "property": ("violence_against_civilians", "shelling", "shelling"),
}
# Telling details. Objects are numbered in the text ("school 14"), so one object word alone says little.
OBJECTS = {
    "en": "school market bridge bakery mosque church warehouse station well mill hospital factory kindergarten depot farm dam",
    "ru": "школа рынок мост пекарня мечеть церковь склад станция колодец мельница больница завод детсад депо ферма плотина",
    "uk": "школа ринок міст пекарня мечеть церква склад станція криниця млин лікарня завод дитсадок депо ферма гребля",
    "ar": "مدرسة سوق جسر مخبز مسجد كنيسة مستودع محطة بئر مطحنة مشفى مصنع روضة مخزن مزرعة سد",
    "fr": "école marché pont boulangerie mosquée église entrepôt gare puits moulin hôpital usine crèche dépôt ferme barrage",
}
VEHICLES = {
    "en": "bus pickup tank minibus taxi tractor lorry motorcycle",
    "ru": "автобус пикап танк маршрутка такси трактор грузовик мотоцикл",
    "uk": "автобус пікап танк маршрутка таксі трактор вантажівка мотоцикл",
    "ar": "حافلة بيكاب دبابة ميكروباص تاكسي جرار شاحنة دراجة",
    "fr": "autobus pick-up char minibus taxi tracteur camion moto",
}
IN = {"en": "in", "ru": "в", "uk": "у", "ar": "في", "fr": "à"}
NEAR = {"en": "near", "ru": "возле", "uk": "біля", "ar": "قرب", "fr": "près de"}
STREET = {"en": "street", "ru": "улица", "uk": "вулиця", "ar": "شارع", "fr": "rue"}
UNIT = {"en": "brigade", "ru": "бригада", "uk": "бригада", "ar": "اللواء", "fr": "brigade"}
AGED = {"en": "aged", "ru": "возраст", "uk": "вік", "ar": "العمر", "fr": "âgé de"}
KILLED = {"en": "killed", "ru": "погибли", "uk": "загинули", "ar": "قتلى", "fr": "tués"}
INJURED = {"en": "wounded", "ru": "ранены", "uk": "поранені", "ar": "جرحى", "fr": "blessés"}
REGION = {"en": "region", "ru": "район", "uk": "район", "ar": "منطقة", "fr": "région"}
ATTACK = {"en": "attack", "ru": "атака", "uk": "атака", "ar": "هجوم", "fr": "attaque"}
# How a text opens; the first is no opening.
OPENINGS = {
    "en": ["", "local sources:", "breaking:", "residents say", "update:"],
    "ru": ["", "сообщается:", "срочно:", "жители говорят", "обновлено:"],
    "uk": ["", "повідомляють:", "терміново:", "мешканці кажуть", "оновлено:"],
    "ar": ["", "مصادر محلية:", "عاجل:", "قال اهالي", "تحديث:"],
    "fr": ["", "sources locales :", "urgent :", "selon des habitants", "mise à jour :"],
}
UPDATE = 4
# How a text ends; the first is no ending.
CLOSINGS = {
    "en": [
        "",
        "officials said",
        "witnesses told our reporter",
        "details are being checked",
        "in the evening",
        "no confirmation yet",
    ],
    "ru": [
        "",
        "сообщили власти",
        "рассказали очевидцы",
        "детали уточняются",
        "вечером",
        "подтверждений пока нет",
    ],
    "uk": [
        "",
        "повідомила влада",
        "розповіли очевидці",
        "деталі уточнюються",
        "увечері",
        "підтверджень поки немає",
    ],
    "ar": ["", "قال مسؤولون", "بحسب شهود عيان", "التفاصيل قيد التحقق", "مساء", "دون تأكيد مستقل"],
    "fr": [
        "",
        "selon les autorités",
        "racontent des témoins",
        "détails en cours de vérification",
        "dans la soirée",
        "non confirmé",
    ],
}


def by_language(words: dict[str, str]) -> pl.Series:
    """One word for each language, in the order of LANGUAGES."""
    return pl.Series([words[language] for language in LANGUAGES])


def lists(words: dict[str, str]) -> pl.Series:
    """Lists of words laid end to end, language after language."""
    return pl.Series([word for language in LANGUAGES for word in words[language].split()])


def openings() -> pl.Series:
    """Openings laid end to end, language after language."""
    return pl.Series([word for language in LANGUAGES for word in OPENINGS[language]])


def closings() -> pl.Series:
    """Endings laid end to end, language after language."""
    return pl.Series([word for language in LANGUAGES for word in CLOSINGS[language]])


def act_words() -> pl.Series:
    """Words for acts: index (language * (acts + 1) + act) * 2 + way; the act after the last is an unnamed attack."""
    said = []
    for language in LANGUAGES:
        for act in ACTS:
            said += ACT_WORDS[act][language].split("/")
        said += [ATTACK[language]] * 2
    return pl.Series(said)


def names(rng: np.random.Generator, count: int) -> pl.Series:
    """Invented names: index (name * languages + language) * SPELLINGS + spelling."""
    seen: set[tuple[int, ...]] = set()
    while len(seen) < count:
        # Three syllables, or two for the shorter names.
        drawn = rng.integers(0, len(SYLLABLES), size=(count, 3))
        drawn[rng.random(count) < 0.25, 2] = -1
        seen.update(tuple(row) for row in drawn.tolist() if len(set(row)) == 3)
    chosen = sorted(seen)
    chosen = [chosen[i] for i in rng.permutation(len(chosen))[:count]]
    said = []
    for name in chosen:
        for language in LANGUAGES:
            for column in COLUMN[language]:
                said.append("".join(SYLLABLES[part][column] for part in name if part >= 0))
    return pl.Series(said).str.to_titlecase()
