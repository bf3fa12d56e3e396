"""One happening in five languages: invented accounts, written for measuring how near translations are in meaning.

Nothing here is a real place, person or event. ``ACCOUNTS``: a row a happening, a column a language, as in ``LANGUAGES``.
Each language tells it as its own press would, not word for word; several happenings are of one kind (three air strikes, four
shellings), since what matters is to tell a translation from another account of the same sort.
"""

from __future__ import annotations

LANGUAGES = ("en", "fr", "ar", "ru", "uk")
_WRITTEN = """
Warplanes bombed the market in Karshulyn, killing at least 12 people
L'aviation bombarde le marché de Karchoulyne : au moins 12 morts
الطيران الحربي يقصف سوق كارشولين ومقتل 12 شخصا على الأقل
Авиация нанесла удар по рынку в Каршулыне, погибли не менее 12 человек
Авіація завдала удару по ринку в Каршулині, загинули щонайменше 12 людей

Air strike destroys a water station near Malatali
Une frappe aérienne détruit une station d'eau près de Malatali
غارة جوية تدمر محطة مياه قرب مالاتالي
Авиаудар разрушил водонасосную станцию возле Малатали
Авіаудар зруйнував водонасосну станцію біля Малаталі

Helicopters dropped barrel bombs on a residential quarter of Nurkhe at night
Des hélicoptères larguent des barils explosifs sur un quartier d'habitation de Nourkhé dans la nuit
مروحيات تلقي براميل متفجرة على حي سكني في نورخي ليلا
Вертолёты ночью сбросили бочковые бомбы на жилой квартал Нурхе
Вертольоти вночі скинули бочкові бомби на житловий квартал Нурхе

Shelling hits a school in Dobrek; two teachers wounded
Un obus touche une école de Dobrek, deux enseignants blessés
قصف مدفعي يصيب مدرسة في دوبريك وإصابة معلمين اثنين
Обстрел школы в Добреке: ранены два учителя
Обстріл школи в Добреку: поранено двох учителів

Mortar rounds fell on the bus station in Borsel, one woman was killed
Des obus de mortier s'abattent sur la gare routière de Borsel, une femme tuée
سقوط قذائف هاون على محطة الحافلات في بورسل ومقتل امرأة
Миномётный обстрел автовокзала в Борселе, погибла женщина
Мінометний обстріл автовокзалу в Борселі, загинула жінка

Artillery fire set houses ablaze in the village of Gharivka
Des tirs d'artillerie incendient des maisons dans le village de Gharivka
نيران المدفعية تشعل حرائق في منازل قرية غاريفكا
Артиллерийский огонь поджёг дома в селе Гаривка
Артилерійський вогонь підпалив будинки в селі Гарівка

Rockets land near the power plant, leaving the town without electricity
Des roquettes tombent près de la centrale électrique et privent la ville de courant
صواريخ تسقط قرب محطة الكهرباء والمدينة بلا تيار
Ракеты упали возле электростанции, город остался без света
Ракети впали біля електростанції, місто залишилося без світла

Aid convoy attacked on the road to Tsovyar; trucks burned and drivers dead
Un convoi humanitaire attaqué sur la route de Tsovyar, camions brûlés et chauffeurs tués
استهداف قافلة مساعدات على طريق تسوفيار واحتراق شاحنات ومقتل سائقين
Гуманитарный конвой атакован на дороге в Цовяр, грузовики сгорели, водители погибли
Гуманітарний конвой атаковано на дорозі до Цов'яра, вантажівки згоріли, водії загинули

Armed men stopped relief trucks at a checkpoint and took the food
Des hommes armés arrêtent des camions d'aide à un barrage et volent la nourriture
مسلحون يوقفون شاحنات إغاثة عند حاجز ويستولون على الأغذية
Вооружённые люди остановили на блокпосту грузовики с помощью и забрали продовольствие
Озброєні люди зупинили на блокпосту вантажівки з допомогою і забрали продовольство

Sniper kills a child on his way home from school
Un tireur embusqué tue un enfant qui rentrait de l'école
قناص يقتل طفلا في طريق عودته من المدرسة
Снайпер убил ребёнка, возвращавшегося из школы
Снайпер убив дитину, яка поверталася зі школи

A soldier was shot dead by a sniper at a forward position
Un soldat abattu par un sniper sur une position avancée
مقتل جندي برصاص قناص في موقع متقدم
Военный убит снайпером на передовой позиции
Військового вбив снайпер на передовій позиції

Hospital hit by two missiles, patients evacuated to the cellar
Un hôpital touché par deux missiles, les patients évacués vers la cave
إصابة مشفى بصاروخين وإجلاء المرضى إلى القبو
Две ракеты попали в больницу, пациентов перевели в подвал
Дві ракети влучили в лікарню, пацієнтів перевели до підвалу

Ambulance crew comes under fire while collecting the wounded
Une équipe d'ambulanciers prise sous le feu en ramassant des blessés
طاقم إسعاف يتعرض لإطلاق نار أثناء نقل الجرحى
Бригада скорой попала под обстрел, забирая раненых
Бригада швидкої потрапила під обстріл, забираючи поранених

A roadside bomb exploded under a minibus, five passengers killed
Une bombe artisanale explose au passage d'un minibus, cinq passagers tués
انفجار عبوة ناسفة بحافلة صغيرة ومقتل خمسة ركاب
Взрыв придорожной бомбы под микроавтобусом, погибли пять пассажиров
Вибух придорожньої бомби під мікроавтобусом, загинули п'ятеро пасажирів

A farmer lost his leg to a mine while ploughing his field
Un agriculteur perd une jambe en labourant son champ, à cause d'une mine
مزارع يفقد ساقه بانفجار لغم أثناء حراثة حقله
Фермер потерял ногу, подорвавшись на мине при вспашке поля
Фермер втратив ногу, підірвавшись на міні під час оранки поля

Car bomb explodes outside the police headquarters
Une voiture piégée explose devant le siège de la police
انفجار سيارة مفخخة أمام مقر الشرطة
Заминированный автомобиль взорвался у здания полиции
Замінований автомобіль вибухнув біля будівлі поліції

Government troops repelled an assault on the airport
Les troupes gouvernementales repoussent un assaut contre l'aéroport
القوات الحكومية تصد هجوما على المطار
Правительственные войска отбили штурм аэропорта
Урядові війська відбили штурм аеропорту

Rebels captured a hill above the dam after heavy fighting
Les rebelles s'emparent d'une colline au-dessus du barrage après de violents combats
المعارضة تسيطر على تلة فوق السد بعد معارك عنيفة
Повстанцы захватили высоту над плотиной после тяжёлых боёв
Повстанці захопили висоту над греблею після важких боїв

Clashes between two factions in the old town left three fighters dead
Des affrontements entre deux factions dans la vieille ville font trois morts parmi les combattants
اشتباكات بين فصيلين في المدينة القديمة توقع ثلاثة قتلى من المقاتلين
Столкновения двух группировок в старом городе, погибли три боевика
Сутички двох угруповань у старому місті, загинули троє бойовиків

Gunmen abducted the head of the village council
Des hommes armés enlèvent le chef du conseil du village
مسلحون يخطفون رئيس مجلس القرية
Вооружённые люди похитили главу сельсовета
Озброєні люди викрали голову сільради

Two journalists were detained at the crossing and released the next day
Deux journalistes retenus au point de passage puis libérés le lendemain
احتجاز صحفيين اثنين عند المعبر والإفراج عنهما في اليوم التالي
Двух журналистов задержали на пропускном пункте и отпустили на следующий день
Двох журналістів затримали на пункті пропуску і відпустили наступного дня

A prisoner exchange took place: fifteen men returned home
Un échange de prisonniers a eu lieu : quinze hommes sont rentrés chez eux
عملية تبادل أسرى وعودة خمسة عشر رجلا إلى بيوتهم
Состоялся обмен пленными: домой вернулись пятнадцать человек
Відбувся обмін полоненими: додому повернулися п'ятнадцять чоловіків

Drone shot down over the river; fragments damaged a farm
Un drone abattu au-dessus de la rivière, des débris endommagent une ferme
إسقاط طائرة مسيرة فوق النهر وشظاياها تلحق أضرارا بمزرعة
Над рекой сбит беспилотник, обломки повредили ферму
Над річкою збито безпілотник, уламки пошкодили ферму

Observers were denied access to the storage site of heavy weapons
Les observateurs se voient refuser l'accès au dépôt d'armes lourdes
منع المراقبين من الوصول إلى موقع تخزين الأسلحة الثقيلة
Наблюдателей не пустили на площадку хранения тяжёлых вооружений
Спостерігачів не пустили на майданчик зберігання важкого озброєння

Tanks were seen moving towards the front in breach of the withdrawal
Des chars aperçus en route vers le front, en violation du retrait
رصد دبابات تتجه نحو الجبهة في خرق لاتفاق السحب
Замечены танки, движущиеся к фронту в нарушение отвода
Помічено танки, що рухаються до фронту з порушенням відведення

Residents buried the victims of yesterday's strike on the bakery
Les habitants enterrent les victimes de la frappe d'hier sur la boulangerie
الأهالي يشيعون ضحايا الغارة على المخبز أمس
Жители похоронили жертв вчерашнего удара по пекарне
Мешканці поховали жертв учорашнього удару по пекарні

Looters burned shops after the militia left the town
Des pillards incendient des magasins après le départ de la milice
لصوص يحرقون متاجر بعد انسحاب الميليشيا من البلدة
Мародёры сожгли магазины после ухода ополченцев из города
Мародери спалили крамниці після відходу ополченців із міста

Chlorine gas reported in a suburb; dozens have trouble breathing
Du chlore signalé dans une banlieue, des dizaines de personnes suffoquent
أنباء عن غاز الكلور في إحدى الضواحي وعشرات حالات الاختناق
Сообщается о хлоре в пригороде, десятки людей задыхаются
Повідомляють про хлор у передмісті, десятки людей задихаються

The ceasefire was broken eleven times overnight, the army says
Le cessez-le-feu a été violé onze fois dans la nuit, selon l'armée
الجيش: خرق وقف إطلاق النار إحدى عشرة مرة خلال الليل
За ночь перемирие нарушено одиннадцать раз, заявили военные
За ніч перемир'я порушено одинадцять разів, заявили військові

A church roof collapsed after a shell struck it during the service
Le toit d'une église s'effondre, touché par un obus pendant l'office
انهيار سقف كنيسة بعد إصابتها بقذيفة أثناء القداس
Крыша церкви обрушилась после попадания снаряда во время службы
Дах церкви обвалився після влучання снаряда під час служби
"""
ACCOUNTS: list[list[str]] = [block.split("\n") for block in _WRITTEN.strip().split("\n\n")]
